package metadata

// Plugin is a version of a plugin that was deployed. Its bytes are in the internal topic of plugins, under the digest.
type Plugin struct {
	Name, Version string
	Digest        [32]byte // SHA-256 of the bytes
	Functions     uint8    // that it has; core/plugin says which bit is which
	Size          int64    // of the bytes
	DeployedAt    int64    // milliseconds
	Deployer      string   // principal; "" from the config file
}

// Ref returns name@version, the plugin's key in Image.Plugins and its name in configs.
func (p *Plugin) Ref() string { return p.Name + "@" + p.Version }

// HasPlugin reports whether some deployed version has a digest.
func (i *Image) HasPlugin(digest [32]byte) bool {
	for _, p := range i.Plugins {
		if p.Digest == digest {
			return true
		}
	}
	return false
}

// PluginChange deploys or removes one version of a plugin.
type PluginChange struct {
	Plugin Plugin
	// Remove removes the version; then only Name and Version of the plugin count.
	Remove bool
}
