package api

import "fmt"

// Route says who answers an API key, and in which versions.
type Route struct {
	Key      int16
	Min, Max int16
	// AdvertisesZero makes ApiVersions list 0 as the lowest version instead of Min: Produce does although 0 to 2 are
	// refused, because librdkafka looks there (KAFKA-18659).
	AdvertisesZero bool
	// Handle answers the call. It runs on the goroutine of the connection.
	Handle func(*Call)
}

// maxKey is the largest API key that a Router can hold.
const maxKey = 127

// Router finds the route of a request. It is built once and not changed afterwards, so reading it takes no lock.
type Router struct{ routes [maxKey + 1]*Route }

// NewRouter builds a router. Two routes for one key, and keys out of range, are errors.
func NewRouter(routes ...Route) (*Router, error) {
	r := &Router{}
	for i := range routes {
		route := &routes[i]
		switch {
		case route.Key < 0 || route.Key > maxKey:
			return nil, fmt.Errorf("api: route for key %d is out of range", route.Key)
		case r.routes[route.Key] != nil:
			return nil, fmt.Errorf("api: two routes for key %d", route.Key)
		case route.Handle == nil || route.Min > route.Max:
			return nil, fmt.Errorf("api: route for key %d has no handler or no versions", route.Key)
		}
		r.routes[route.Key] = route
	}
	return r, nil
}

// Lookup returns the route of a key and version. ok is false when the broker does not serve that version; route is nil
// when it does not know the key at all.
func (r *Router) Lookup(key, version int16) (route *Route, ok bool) {
	if key < 0 || key > maxKey || r.routes[key] == nil {
		return nil, false
	}
	route = r.routes[key]
	return route, route.Min <= version && version <= route.Max
}

// Each calls f for every route in ascending order of keys.
func (r *Router) Each(f func(*Route)) {
	for _, route := range r.routes {
		if route != nil {
			f(route)
		}
	}
}

// Serve answers a call. A call that no route serves gets no response and closes the connection, as in Kafka; ApiVersions
// of an unknown version is the exception, which its own handler sees.
func (r *Router) Serve(c *Call) {
	route, ok := r.Lookup(c.Key, c.Version)
	if route == nil || !ok && c.Key != apiVersionsKey {
		c.Response.None, c.Response.Close = true, true
		return
	}
	route.Handle(c)
}

const apiVersionsKey = 18
