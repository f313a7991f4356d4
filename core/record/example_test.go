package record_test

import (
	"fmt"

	"github.com/jackdawmq/jackdaw/core/record"
)

func Example() {
	header := record.NewHeader()
	header.BaseOffset = 100
	header.Attributes = int16(record.Zstd)
	var builder record.Builder
	builder.Reset(nil, header)
	builder.Append(1700000000000, []byte("jackdaw"), []byte("kavka"))
	builder.Append(1700000000001, []byte("rook"), nil, record.RecordHeader{Key: []byte("why"), Value: []byte("flown")})
	buffer, err := builder.Finish()
	if err != nil {
		fmt.Println(err)
		return
	}

	for batch, err := range record.Batches(buffer) {
		if err != nil {
			fmt.Println(err)
			return
		}
		h := batch.Header()
		records, err := batch.Records(1 << 20)
		if err != nil {
			fmt.Println(err)
			return
		}
		for r := (record.Record{}); records.Next(&r); {
			fmt.Printf("%d: %s = %q\n", h.RecordOffset(&r), r.Key, r.Value)
		}
		if err := records.Err(); err != nil {
			fmt.Println(err)
		}
		records.Close()
	}
	// Output:
	// 100: jackdaw = "kavka"
	// 101: rook = ""
}
