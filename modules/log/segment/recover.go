package segment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"go.uber.org/zap"
)

// recovery sums up what opening a log after a crash found.
type recovery struct {
	segments int   // scanned
	scanned  int64 // bytes
	dropped  int64 // bytes behind the last valid batch
	removed  int   // segments behind a damaged one
}

// recover rebuilds a segment from its .log file: it reads every batch, checks it, and computes both indexes. The file is
// cut at the first byte that does not begin a whole, valid batch. It returns how many bytes that dropped.
func (s *segment) recover(ctx context.Context, interval int) (dropped int64, err error) {
	h, err := s.batches.acquire()
	if err != nil {
		return 0, err
	}
	defer h.Release()
	length, err := h.file.Size()
	if err != nil {
		return 0, err
	}
	if legacyFormat(h.file, length) {
		return 0, fmt.Errorf("%s holds messages of format 0 or 1: only Apache Kafka before 4.0 can convert them", s.path(logSuffix))
	}
	s.reset()
	r := newBatchReader(h.file, 0, length)
	defer r.close()
	valid, next := int64(0), s.base
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		err := r.next()
		if err == nil && (r.header.BaseOffset < next || r.header.LastOffset()-s.base > math.MaxInt32) {
			err = fmt.Errorf("%w: offset %d after %d", errNoBatch, r.header.BaseOffset, next)
		}
		if errors.Is(err, errEnd) || errors.Is(err, errNoBatch) {
			break
		}
		if err != nil {
			return 0, err
		}
		s.noteBatch(&r.header, r.at, interval)
		valid, next = r.pos, r.header.LastOffset()+1
	}
	s.publish(valid, next)
	if valid < length {
		err = h.file.Truncate(valid)
	}
	return length - valid, err
}

// reset forgets what is known of the contents.
func (s *segment) reset() {
	s.offsets.cut(0)
	s.times.cut(0)
	s.maxTimestamp.Store(-1)
	s.firstTimestamp.Store(-1)
	s.lastOfMax, s.sinceIndex = -1, 0
}

// load opens the segments of a listing. Those that the last run may not have made durable are recovered: all that end
// above the recovery point, unless the log was closed properly. What follows a damaged segment goes. trusted is where the
// first of them begins, or maxOffset.
func (l *partitionLog) load(ctx context.Context, files *listing, clean bool) (segments []*segment, trusted int64, err error) {
	settings := l.settings.Load()
	begin := time.Now()
	var report recovery
	trusted = maxOffset
	for i, base := range files.bases {
		last, end := i == len(files.bases)-1, int64(maxOffset)
		if !last {
			end = files.bases[i+1]
		}
		s := newSegment(l.engine.fs, &l.dir, base, "", settings)
		s.created, s.jitter = files.segments[base].modified, jitter(settings)
		segments = append(segments, s)
		durable := clean || end <= l.recoveryPoint.Load()
		if durable {
			if ok, err := l.openTrusted(s, files.segments[base], end, last); err != nil {
				return nil, 0, err
			} else if ok {
				continue
			}
		} else {
			trusted = min(trusted, base)
		}
		whole, err := l.recoverSegment(ctx, s, end, &report)
		if err != nil {
			return nil, 0, err
		}
		if !whole && !durable || last {
			if err := l.dropAfter(files, i+1, &report); err != nil {
				return nil, 0, err
			}
			break
		}
		if err := l.closeRecovered(s); err != nil {
			return nil, 0, err
		}
	}
	l.report(report, time.Since(begin), clean)
	return segments, trusted, nil
}

// openTrusted opens a segment by its indexes. ok is false when they are missing or damaged.
func (l *partitionLog) openTrusted(s *segment, files *listed, end int64, last bool) (ok bool, err error) {
	err = s.openTrusted(files, end, last)
	if errors.Is(err, errDamaged) || errors.Is(err, errNoBatch) || errors.Is(err, io.ErrUnexpectedEOF) {
		l.logger.Warn("rebuilding the indexes of a segment", zap.Int64("base", s.base), zap.Error(err))
		return false, nil
	}
	return err == nil, err
}

// recoverSegment rebuilds a segment. whole is false when it lost bytes, or reaches into the one that begins at end, which
// is then of another history.
func (l *partitionLog) recoverSegment(ctx context.Context, s *segment, end int64, report *recovery) (whole bool, err error) {
	dropped, err := s.recover(ctx, l.settings.Load().IndexIntervalBytes)
	if err != nil {
		return false, err
	}
	report.segments++
	report.scanned += s.size.Load() + dropped
	report.dropped += dropped
	return dropped == 0 && s.next.Load() <= end, nil
}

// closeRecovered writes the indexes of a segment that is not the active one.
func (l *partitionLog) closeRecovered(s *segment) error {
	if err := s.finish(); err != nil {
		return err
	}
	s.offsets.drop()
	s.times.drop()
	s.close()
	l.flusher.rolled = append(l.flusher.rolled, s)
	return nil
}

// dropAfter removes the segments from index i on, the newest first.
func (l *partitionLog) dropAfter(files *listing, i int, report *recovery) error {
	for k := len(files.bases) - 1; k >= i; k-- {
		base := files.bases[k]
		report.removed++
		report.dropped += files.segments[base].log
		if err := l.removeFiles(base, logSuffix, indexSuffix, timeIndexSuffix); err != nil {
			return err
		}
	}
	return nil
}

func (l *partitionLog) report(r recovery, took time.Duration, clean bool) {
	if r.segments == 0 || clean && r.dropped == 0 || r.scanned == 0 {
		return
	}
	fields := []zap.Field{
		zap.Int("segments", r.segments), zap.Int64("bytes", r.scanned), zap.Duration("took", took),
	}
	if r.dropped == 0 {
		l.logger.Info("recovered log", fields...)
		return
	}
	l.logger.Warn("recovered log; the end of it was not whole",
		append(fields, zap.Int64("dropped bytes", r.dropped), zap.Int("dropped segments", r.removed))...)
}

// errDamaged says that the indexes of a segment can't be trusted.
var errDamaged = errors.New("damaged or missing index")

// openTrusted opens a segment without reading it: the indexes say what there is to know. end is where the next segment
// begins.
func (s *segment) openTrusted(files *listed, end int64, last bool) error {
	if files.log == 0 {
		s.reset()
		if !last {
			s.publish(0, end)
		}
		return nil
	}
	if files.index < 0 || files.index%offsetEntry != 0 || files.times <= 0 && !last || files.times > 0 && files.times%timeEntry != 0 {
		return fmt.Errorf("%w: .index has %d bytes, .timeindex %d", errDamaged, files.index, files.times)
	}
	s.offsets.adopt(files.index)
	s.times.adopt(max(files.times, 0))
	if err := s.offsets.check(files.log); err != nil {
		return fmt.Errorf("%w: .index: %w", errDamaged, err)
	}
	if err := s.times.check(math.MaxInt32); err != nil {
		return fmt.Errorf("%w: .timeindex: %w", errDamaged, err)
	}
	if last {
		return s.openActive(files.log)
	}
	timestamp, offset, _, err := s.times.last()
	if err != nil {
		return err
	}
	s.maxTimestamp.Store(timestamp)
	s.lastOfMax = s.base + offset
	s.publish(files.log, end)
	s.close()
	return nil
}

// openActive prepares a segment that may be appended to.
func (s *segment) openActive(size int64) error {
	if err := s.offsets.load(); err != nil {
		return err
	}
	if err := s.times.load(); err != nil {
		return err
	}
	if err := s.loadTail(size); err != nil {
		return err
	}
	if err := s.loadFirst(); err != nil {
		return err
	}
	s.close() // no descriptor before the first use
	return nil
}

// adopt says how long the file is.
func (x *index) adopt(size int64) {
	n := int32(size / int64(x.width))
	x.count.Store(n)
	x.saved = n
}
