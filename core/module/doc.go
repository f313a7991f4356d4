// Package module says what a module is and turns a list of them and the settings into the fx options of the ones that are
// selected.
//
// A module is a value, made by New from a config struct with its defaults and a function that wires a config. It is
// listed where the program is put together (modules/modules.go, or a third party's main) and selected under the key
// modules.<kind>. There are no module sections: every module declares full key names, and the keys of all modules that are
// compiled in are valid whether selected or not, so that another choice never makes a config invalid.
package module
