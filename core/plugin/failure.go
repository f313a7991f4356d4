package plugin

import "strconv"

// Class says in which way a plugin failed. It is the label "reason" of metrics.
type Class uint8

// The classes. The first five are the ABI's: the plugin itself reports them.
const (
	// InvalidConfig: the plugin refuses its configuration.
	InvalidConfig Class = iota + 1
	// InvalidInput: the plugin can't work on this input.
	InvalidInput
	// OutOfMemory: the input does not fit into the plugin's memory.
	OutOfMemory
	// Internal: the plugin failed and says no more.
	Internal
	// Unavailable: the plugin asks to be called again later.
	Unavailable
	// Trap: the plugin crashed.
	Trap
	// OutOfFuel: the plugin did not end within its budget of work.
	OutOfFuel
	// Deadline: the plugin did not end in time.
	Deadline
	// BadOutput: the host refused what the plugin answered.
	BadOutput
	// NotLoaded: the plugin is not loaded on this broker yet, or was closed.
	NotLoaded
	// Quarantined: the plugin failed too often and is not called for a while.
	Quarantined
	// Overloaded: the host has no memory or no turn for a call.
	Overloaded
	// Unsupported: the plugin has no such function.
	Unsupported
)

var classNames = [...]string{
	InvalidConfig: "invalid_config", InvalidInput: "invalid_input", OutOfMemory: "out_of_memory", Internal: "internal",
	Unavailable: "unavailable", Trap: "trap", OutOfFuel: "out_of_fuel", Deadline: "deadline", BadOutput: "bad_output",
	NotLoaded: "not_loaded", Quarantined: "quarantined", Overloaded: "overloaded", Unsupported: "unsupported",
}

// Classes lists all classes, so that counters can be made before they are needed.
func Classes() []Class {
	all := make([]Class, 0, len(classNames)-1)
	for c := InvalidConfig; int(c) < len(classNames); c++ {
		all = append(all, c)
	}
	return all
}

// String returns the name that metrics use.
func (c Class) String() string {
	if c == 0 || int(c) >= len(classNames) {
		return "class_" + strconv.Itoa(int(c))
	}
	return classNames[c]
}

// Failure is a failed call: the plugin, not the data, is at fault. Serializer, Partitioner and Assignor return no other
// errors than *Failure and those of the context.
type Failure struct {
	Plugin string // "name@digest12"
	Class  Class
	Reason string // one line; of Trap the first line and a few frames
}

// Error returns the plugin, the class and the reason.
func (f *Failure) Error() string {
	return "plugin " + f.Plugin + ": " + f.Class.String() + ": " + f.Reason
}

// Retriable reports whether the same call may succeed later, whatever on.error says: the plugin asks for it, or is not
// there yet. For all other classes, Quarantined among them, on.error decides.
func (f *Failure) Retriable() bool {
	return f.Class == Unavailable || f.Class == NotLoaded || f.Class == Overloaded
}
