package segment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Append writes b to the active segment with one write, after rolling it when it must.
func (l *partitionLog) Append(b []byte, info log.AppendInfo) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writable(); err != nil {
		return err
	}
	s := l.active()
	if err := checkAppend(b, info, s.next.Load()); err != nil {
		return err
	}
	settings := l.settings.Load()
	if mustRoll(s, len(b), info, settings) {
		if err := l.roll(info.BaseOffset, l.host.Snapshot()); err != nil {
			return l.fail(err)
		}
		s = l.active()
	}
	pos := s.size.Load()
	if err := s.write(b, pos); err != nil {
		return l.fail(err)
	}
	s.note(b, pos, settings.IndexIntervalBytes)
	s.places.put(info.BaseOffset, pos)
	s.publish(pos+int64(len(b)), info.LastOffset+1)
	s.places.put(info.LastOffset+1, pos+int64(len(b)))
	l.appended(info.Records, settings)
	return nil
}

// write puts bytes behind the last batch. What a failed write leaves there is never read, and dropped by recovery.
func (s *segment) write(b []byte, pos int64) error {
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	_, err = h.file.WriteAt(b, pos)
	return err
}

// checkAppend makes sure that b holds whole batches in order, as the caller promises: anything else would be taken for
// damage by the next recovery.
func checkAppend(b []byte, info log.AppendInfo, end int64) error {
	var h record.Header
	next := info.BaseOffset
	if next < end {
		return fmt.Errorf("append of offset %d to a log that ends at %d: %w", next, end, kafka.CorruptMessage)
	}
	for rest := b; len(rest) > 0; rest = rest[h.Size():] {
		if err := h.Parse(rest); err != nil {
			return fmt.Errorf("append: %w: %w", err, kafka.CorruptMessage)
		}
		if err := checkHeader(&h, int64(len(rest))); err != nil {
			return fmt.Errorf("append at offset %d: %w: %w", next, err, kafka.CorruptMessage)
		}
		if h.BaseOffset < next {
			return fmt.Errorf("append at offset %d of a batch at %d: %w", next, h.BaseOffset, kafka.CorruptMessage)
		}
		next = h.LastOffset() + 1
	}
	if len(b) == 0 || next != info.LastOffset+1 {
		return fmt.Errorf("append of batches up to %d, announced up to %d: %w", next-1, info.LastOffset, kafka.CorruptMessage)
	}
	return nil
}

// mustRoll tells whether an append needs a new segment: by size, by age, or because an index can't take more. Age is
// counted between record timestamps where they exist, as Kafka does.
func mustRoll(s *segment, bytes int, info log.AppendInfo, settings *log.Settings) bool {
	size := s.size.Load()
	if info.LastOffset-s.base > math.MaxInt32 || size+int64(bytes) > math.MaxInt32 {
		return true
	}
	if size == 0 {
		return false
	}
	return size > int64(settings.SegmentBytes-bytes) ||
		s.age(info.MaxTimestamp) > (segmentAge(settings)-s.jitter).Milliseconds() ||
		s.offsets.full(0) || s.times.full(1)
}

// age returns how many milliseconds lie between the segment's first batch and a new one. Timestamps can be anything: a
// time.Duration could not hold the difference.
func (s *segment) age(timestamp int64) int64 {
	if first := s.firstTimestamp.Load(); first >= 0 {
		return timestamp - first
	}
	return time.Since(s.created).Milliseconds()
}

// segmentAge returns segment.ms, and max.compaction.lag.ms for a compacted topic if that is less: an active segment is
// never compacted.
func segmentAge(settings *log.Settings) time.Duration {
	if settings.Compact && settings.MaxCompactionLag > 0 {
		return min(settings.SegmentAge, settings.MaxCompactionLag)
	}
	return settings.SegmentAge
}

// roll closes the active segment and begins one at base. The state of producers at that offset is kept beside it; nil
// keeps none. Called with mu held. An error leaves the log as it was.
func (l *partitionLog) roll(base int64, producers []byte) error {
	v := l.view.Load()
	old := v.active()
	s, err := l.create(base)
	if err != nil {
		return err
	}
	if err := old.finish(); err != nil {
		return err
	}
	if producers != nil {
		if err := l.sides.writeSnapshot(base, producers, false); err != nil {
			return err
		}
	}
	old.offsets.drop()
	old.times.drop()
	old.offsets.file.close()
	old.times.file.close()
	s.next.Store(old.next.Load())
	l.view.Store(newView(append(v.segments[:len(v.segments):len(v.segments)], s)))
	l.flusher.rolled = append(l.flusher.rolled, old)
	l.kickFlushLocked()
	l.engine.verifySoon()
	return nil
}

// create makes an empty segment on disk. A file that is there already holds nothing that counts.
func (l *partitionLog) create(base int64) (*segment, error) {
	settings := l.settings.Load()
	s := newSegment(l.engine.fs, &l.dir, base, "", settings)
	s.created = time.Now()
	s.jitter = jitter(settings)
	file, err := l.engine.fs.OpenFile(s.path(logSuffix), os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	s.batches.adopt(file).Release()
	if settings.Preallocate {
		preallocate(file, int64(settings.SegmentBytes))
	}
	return s, nil
}

// jitter spreads the rolls of many logs: a random part of segment.jitter.ms.
func jitter(settings *log.Settings) time.Duration {
	if limit := min(settings.SegmentJitter, settings.SegmentAge); limit > 0 {
		return rand.N(limit)
	}
	return 0
}
