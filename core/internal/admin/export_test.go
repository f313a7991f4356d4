package admin

import (
	"maps"
	"slices"
)

// OpenAPI returns the document that is served.
func OpenAPI() []byte { return openAPI }

// PluginRoutes lists the routes of the administration of plugins.
func PluginRoutes() []string { return slices.Sorted(maps.Keys(newPluginAPI(Plugins{}).routes())) }
