package admin

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Assignor tells which plugin is bound to a group.
type Assignor struct {
	Group  string `json:"group"`
	Plugin string `json:"plugin"` // as the group's configs name it; "" when none is bound
	Config string `json:"config"`
	State  string `json:"state"` // none, running, loading or broken
	Why    string `json:"why"`   // it does not run; "" when it does
}

// AssignorBinding is a plugin for a group.
type AssignorBinding struct {
	Plugin string          `json:"plugin"` // name@version or a digest
	Config json.RawMessage `json:"config,omitempty"`
}

func groupOf(r *http.Request) metadata.Resource {
	return metadata.Resource{Type: metadata.GroupResource, Name: r.PathValue("group")}
}

// assignor joins what the group's configs say with what is in force. A group need not have members to have configs.
func (a *pluginAPI) assignor(r *http.Request) (any, error) {
	group := groupOf(r)
	shown := Assignor{Group: group.Name, State: "none"}
	set, ok := config.AssignorOf(a.Metadata.Image().Configs[group])
	if !ok {
		return shown, nil
	}
	shown.Plugin, shown.Config, shown.State = set.Ref.String(), set.Config, binding.Running
	if _, err := a.Paths.Assignor(group.Name); err != nil {
		shown.State, shown.Why = binding.Loading, err.Error()
		if f, ok := errors.AsType[*plugin.Failure](err); ok && !f.Retriable() {
			shown.State = binding.Unable
		}
	}
	return shown, nil
}

func (a *pluginAPI) bindAssignor(r *http.Request) (any, error) {
	var b AssignorBinding
	if err := decodeBinding(r, &b, &b.Plugin); err != nil {
		return nil, err
	}
	text, err := configText(b.Config)
	if err != nil {
		return nil, err
	}
	if err := a.alter(r, groupOf(r), config.SlotConfigs(plugin.KindAssignor), []string{b.Plugin, text}); err != nil {
		return nil, err
	}
	return a.assignor(r)
}

func (a *pluginAPI) unbindAssignor(r *http.Request) (any, error) {
	names := config.SlotConfigs(plugin.KindAssignor)
	return nil, a.alter(r, groupOf(r), names, make([]string, len(names)))
}
