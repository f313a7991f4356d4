package jackdaw

// Levels of [Log].
const (
	Debug = iota
	Info
	Warn
	Error
)

// Log writes a line to the plugin's log.
func Log(level int32, text string) { hostLog(level, text) }

// LogLevel returns the lowest level that the host keeps.
func LogLevel() int32 { return hostLogLevel() }

// Counter is a counter of the plugin.
type Counter int32

// NewCounter makes a counter. It must be called while the plugin is configured.
func NewCounter(name string) Counter { return Counter(hostMetric(name)) }

// Add adds to the counter.
func (c Counter) Add(n int64) { hostCounterAdd(int32(c), n) }
