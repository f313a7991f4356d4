package file

import (
	"cmp"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// healthJournal is the component of the health report that tells of a journal that cannot be written. A broker whose
// journal is well has no such component.
const healthJournal = "metadata journal"

// trouble is what keeps a journal from being written.
type trouble int

const (
	noTrouble trouble = iota
	growing           // changes are taken, a new snapshot is not
	refusing          // the last change was refused; the next may be taken
	lost              // nothing is taken before a restart
)

// journalWatch tells operators how the journal is: clients only learn that their own change was refused. It is not safe for
// concurrent use: the controller's lock guards it.
type journalWatch struct {
	health  *telemetry.Health
	log     *zap.Logger
	state   trouble
	failed  prometheus.Gauge
	refusal prometheus.Counter
}

func newJournalWatch(s Settings) journalWatch {
	w := journalWatch{
		health: cmp.Or(s.Health, telemetry.NewHealth()), log: s.Log,
		failed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "jackdaw_metadata_journal_failed", Help: "1 when the metadata journal takes no change before the broker restarts.",
		}),
		refusal: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "jackdaw_metadata_refused_changes_total", Help: "Changes of metadata that could not be written to the journal.",
		}),
	}
	if s.Metrics != nil {
		s.Metrics.MustRegister(w.failed, w.refusal)
	}
	return w
}

// refused notes that a change could not be written.
func (w *journalWatch) refused(j *journal, err error) {
	w.refusal.Inc()
	w.note(j, refusing, err)
}

// took notes that a change is in the journal, and why no snapshot could follow it, or nil.
func (w *journalWatch) took(j *journal, err error) {
	if err == nil {
		w.note(j, noTrouble, nil)
		return
	}
	w.note(j, growing, err)
}

// note tells what is new.
func (w *journalWatch) note(j *journal, now trouble, err error) {
	if j.failed != nil {
		now, err = lost, j.failed
	}
	if now == w.state {
		return
	}
	w.state = now
	if now == noTrouble {
		w.log.Info("the metadata journal is written again", zap.String("file", j.path()))
		w.health.Recovered(healthJournal)
		return
	}
	told := fmt.Errorf("%s %s: %w", j.path(), now, err)
	w.log.Error("the metadata journal is in trouble", zap.Error(told))
	if now == lost {
		w.failed.Set(1)
		w.health.Failed(healthJournal, told)
		return
	}
	w.health.Degraded(healthJournal, told)
}

// String says what a trouble means and what to do.
func (t trouble) String() string {
	const none = "takes no changes (topics, configs, producer ids, plugins) while the rest is served; make room on its disk or mend it, "
	switch t {
	case growing:
		return "takes changes, but its disk has no room to make it shorter; make room before it takes none"
	case refusing:
		return none + "no restart is needed"
	case lost:
		return none + "then restart the broker"
	default:
		return "is well"
	}
}
