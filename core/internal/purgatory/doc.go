// Package purgatory holds delayed operations (DelayedProduce, DelayedFetch): requests whose answer must wait for an append,
// for the high watermark or for their deadline.
//
// An operation blocks the goroutine of its own connection in a Waiter. A Queue is a key that can be watched, one in each
// partition; Wake only makes goroutines look again, it never does their work, so that a slow connection can't hold up the
// append that woke it. The order that loses no wake-up is: watch, look, wait; Await does the last two.
//
// There is no timer wheel: each Waiter has one runtime timer, which costs about as much and is reused as long as the
// connection lives.
package purgatory
