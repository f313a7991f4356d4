// Package modules lists the modules that are compiled into Jackdaw. A third party's main appends its own to the list; see
// examples/log-module.
package modules

import (
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules/coordinator/group"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
	metadatamemory "github.com/jackdawmq/jackdaw/modules/metadata/memory"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
	"github.com/jackdawmq/jackdaw/plugins/registry"
)

// All returns every module of this build.
func All() []module.Module {
	return []module.Module{
		segment.Module(),
		memory.Module(),
		tcp.Module(),
		file.Module(),
		metadatamemory.Module(),
		none.Module(),
		group.Module(),
		registry.Module(),
	}
}
