package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// Aborted transactions. The partition knows them all; a segment's .txnindex file has those whose markers lie in it. The file
// is written when the segment is made durable, and no sooner: until then a crash has the segment's batches replayed, from
// which the partition learns them again.

// abortedEntry is the width of a .txnindex entry in bytes, big-endian: version int16, producer id, first offset, last
// offset and last stable offset, each an int64.
const abortedEntry = 2 + 4*8

func encodeAborted(list []log.AbortedTxn) []byte {
	b := make([]byte, 0, len(list)*abortedEntry)
	for _, t := range list {
		b = append(b, 0, 0)
		for _, field := range []int64{int64(t.ProducerID), t.FirstOffset, t.LastOffset, t.LastStableOffset} {
			b = binary.BigEndian.AppendUint64(b, uint64(field))
		}
	}
	return b
}

// decodeAborted reads the list of a segment that begins at base. An error wraps errDamaged.
func decodeAborted(b []byte, base int64) ([]log.AbortedTxn, error) {
	if len(b)%abortedEntry != 0 {
		return nil, fmt.Errorf("%w: %d bytes", errDamaged, len(b))
	}
	list := make([]log.AbortedTxn, 0, len(b)/abortedEntry)
	last := base - 1
	for e := range slices.Chunk(b, abortedEntry) {
		field := func(i int) int64 { return int64(binary.BigEndian.Uint64(e[2+8*i:])) }
		t := log.AbortedTxn{ProducerID: kafka.ProducerID(field(0)), FirstOffset: field(1), LastOffset: field(2), LastStableOffset: field(3)}
		if binary.BigEndian.Uint16(e) != 0 || t.FirstOffset < 0 || t.FirstOffset > t.LastOffset || t.LastOffset <= last {
			return nil, fmt.Errorf("%w: entry %d is %+v of version %d", errDamaged, len(list), t, binary.BigEndian.Uint16(e))
		}
		last = t.LastOffset
		list = append(list, t)
	}
	return list, nil
}

// compactAborted writes the list of a compacted segment, without the transactions whose markers are given. It is empty, not
// missing, when the lists that it replaces were not.
func (l *partitionLog) compactAborted(out *segment, group []*segment, without []int64) error {
	list := slices.DeleteFunc(l.host.Aborted(group[0].base, group[len(group)-1].next.Load()), func(t log.AbortedTxn) bool {
		return slices.Contains(without, t.LastOffset)
	})
	if len(list) == 0 && !l.sides.haveAborted(group) {
		return nil
	}
	return writeFile(l.engine.fs, out.path(txnIndexSuffix), encodeAborted(list), true)
}

// haveAborted tells whether any of some segments has a list of aborted transactions.
func (f *sideFiles) haveAborted(group []*segment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(group, func(s *segment) bool { return slices.Contains(f.aborted, s.base) })
}

// loadAborted reads the lists of all segments that begin below an offset, and returns up to which offset they are
// complete: a damaged one is rebuilt by replay, like one that a crash has not let be written.
func (l *partitionLog) loadAborted(limit int64) (all []log.AbortedTxn, complete int64, err error) {
	for _, base := range l.sides.aborted {
		if base >= limit {
			break
		}
		name := l.file(fileName(base, txnIndexSuffix))
		data, err := readFile(l.engine.fs, name, maxSideFile)
		if err != nil {
			return nil, 0, err
		}
		list, err := decodeAborted(data, base)
		if errors.Is(err, errDamaged) {
			l.logger.Warn("rebuilding a list of aborted transactions", zap.String("file", name), zap.Error(err))
			return all, base, nil
		}
		all = append(all, list...)
	}
	return all, limit, nil
}

// rewriteAborted has the next flush, or the close, write the list of the segment that begins at base again.
func (l *partitionLog) rewriteAborted(base int64) {
	v := l.view.Load()
	if s := v.segments[v.holding(base)]; s != v.active() && !slices.Contains(l.flusher.rolled, s) {
		l.flusher.rolled = append(l.flusher.rolled, s)
	}
	l.recoveryPoint.Store(min(l.recoveryPoint.Load(), base))
}

// below returns the transactions that ended below an offset.
func below(list []log.AbortedTxn, offset int64) []log.AbortedTxn {
	for i, t := range list {
		if t.LastOffset >= offset {
			return list[:i]
		}
	}
	return list
}

// saveAborted writes the list of aborted transactions of a segment, durably, or removes it when there are none.
func (l *partitionLog) saveAborted(s *segment) error {
	data := encodeAborted(l.host.Aborted(s.base, s.next.Load()))
	f := &l.sides
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.gone.Load() {
		return nil
	}
	at, exists := slices.BinarySearch(f.aborted, s.base)
	name := path.Join(*f.dir.Load(), fileName(s.base, txnIndexSuffix))
	switch {
	case len(data) > 0:
		if err := replaceFile(f.fs, name, data); err != nil {
			return err
		}
		f.note(s.base, txnIndexSuffix)
	case exists:
		if err := f.fs.Remove(name); err != nil {
			return err
		}
		f.aborted = slices.Delete(f.aborted, at, at+1)
	}
	return nil
}
