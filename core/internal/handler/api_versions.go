package handler

// ApiVersions (key 18), versions 0-5: what the router serves. The first request of nearly every client, and the only one
// that is answered in versions which the broker does not know: with version 0, UNSUPPORTED_VERSION and the versions of
// this key, so that the client can ask again.
//
//	v3: name and version of the client (KIP-511), features (KIP-584). v4: supported features whose lowest level is 0
//	(KAFKA-17492). v5: which broker the client believes to talk to (KIP-1242)

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/wire"
)

const apiVersionsMax = 5

// apiVersions returns the handler of a key that is served in every version.
func (h *Handlers) apiVersions() func(*api.Call) {
	list := api.Decoded(h.listVersions)
	return func(c *api.Call) {
		if !refuseUnknownVersion(c) {
			list(c)
		}
	}
}

// refuseUnknownVersion answers a version that the broker does not know.
func refuseUnknownVersion(c *api.Call) bool {
	c.Response.HeaderV0 = true
	if c.Version < 0 || c.Version > apiVersionsMax {
		resp := kmsg.NewPtrApiVersionsResponse() // of version 0
		resp.ErrorCode = int16(kafka.UnsupportedVersion)
		resp.ApiKeys = []kmsg.ApiVersionsResponseApiKey{{ApiKey: wire.APIVersions, MaxVersion: apiVersionsMax}}
		c.Response.Body = resp.AppendTo(c.Response.Body)
		return true
	}
	return false
}

func (h *Handlers) listVersions(c *api.Call, req *kmsg.ApiVersionsRequest) kmsg.Response {
	resp := kmsg.NewPtrApiVersionsResponse()
	image := h.Metadata.Image()
	if code := h.checkClient(c, req, image); code != kafka.NoError {
		resp.ErrorCode = int16(code)
		return resp
	}
	h.router.Each(func(r *api.Route) {
		key := kmsg.ApiVersionsResponseApiKey{ApiKey: r.Key, MinVersion: r.Min, MaxVersion: r.Max}
		if r.AdvertisesZero {
			key.MinVersion = 0
		}
		resp.ApiKeys = append(resp.ApiKeys, key)
	})
	if c.Version >= 3 {
		listFeatures(resp, c.Version, image)
	}
	return resp
}

// checkClient looks at what a client tells about itself and about the broker that it expects, and remembers the former.
func (h *Handlers) checkClient(c *api.Call, req *kmsg.ApiVersionsRequest, image *metadata.Image) kafka.ErrorCode {
	if c.Version < 3 {
		return kafka.NoError
	}
	if !validSoftware(req.ClientSoftwareName) || !validSoftware(req.ClientSoftwareVersion) {
		return kafka.InvalidRequest
	}
	if c.Version >= 5 {
		known := req.ClusterID != nil
		if known != (req.NodeID >= 0) { // both or none
			return kafka.InvalidRequest
		}
		if known && (*req.ClusterID != image.ClusterID || kafka.NodeID(req.NodeID) != h.Self) {
			return kafka.RebootstrapRequired
		}
	}
	c.Connection.SoftwareName, c.Connection.SoftwareVersion = req.ClientSoftwareName, req.ClientSoftwareVersion
	return kafka.NoError
}

// validSoftware reports whether s is a name or version as KIP-511 wants it: letters, digits, and within them dashes and
// dots.
func validSoftware(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		b := s[i]
		alphanumeric := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		inner := (b == '-' || b == '.') && i > 0 && i < len(s)-1
		if !alphanumeric && !inner {
			return false
		}
	}
	return true
}

// listFeatures lists the features that are in force. Clients switch behaviour by them, so nothing is supported that is
// not also in force: both lists come from the metadata.
func listFeatures(resp *kmsg.ApiVersionsResponse, version int16, image *metadata.Image) {
	resp.FinalizedFeaturesEpoch = image.Offset
	for _, name := range slices.Sorted(maps.Keys(image.Features)) {
		level := image.Features[name]
		resp.FinalizedFeatures = append(resp.FinalizedFeatures,
			kmsg.ApiVersionsResponseFinalizedFeature{Name: name, MinVersionLevel: level, MaxVersionLevel: level})
		if least := leastFeatureLevel(name); version >= 4 || least > 0 {
			resp.SupportedFeatures = append(resp.SupportedFeatures,
				kmsg.ApiVersionsResponseSupportedFeature{Name: name, MinVersion: least, MaxVersion: level})
		}
	}
}

// leastFeatureLevel returns the lowest level of a feature in Kafka 4: 3.3-IV3 of the metadata version; 0, which stands for
// switched off, of the others.
func leastFeatureLevel(name string) int16 {
	if name == "metadata.version" {
		return 7
	}
	return 0
}
