package config

// remoteDefinitions are the broker configs of tiered storage.
func remoteDefinitions() []Definition {
	return []Definition{
		set("follower.fetch.last.tiered.offset.enable", Boolean, "false", ClusterWide, ""),
		set("log.local.retention.bytes", Long, "-2", ClusterWide, "Default of the topic config local.retention.bytes."),
		set("log.local.retention.ms", Long, "-2", ClusterWide, "Default of the topic config local.retention.ms."),
		set("remote.fetch.max.wait.ms", Int, "500", ClusterWide, ""),
		set("remote.list.offsets.request.timeout.ms", Long, "30000", ClusterWide, ""),
		set("remote.log.index.file.cache.total.size.bytes", Long, "1073741824", ClusterWide, ""),
		set("remote.log.manager.copier.thread.pool.size", Int, "10", ClusterWide, ""),
		set("remote.log.manager.copy.max.bytes.per.second", Long, "9223372036854775807", ClusterWide, ""),
		set("remote.log.manager.copy.quota.window.num", Int, "11", ReadOnly, ""),
		set("remote.log.manager.copy.quota.window.size.seconds", Int, "1", ReadOnly, ""),
		set("remote.log.manager.expiration.thread.pool.size", Int, "10", ClusterWide, ""),
		set("remote.log.manager.fetch.max.bytes.per.second", Long, "9223372036854775807", ClusterWide, ""),
		set("remote.log.manager.fetch.quota.window.num", Int, "11", ReadOnly, ""),
		set("remote.log.manager.fetch.quota.window.size.seconds", Int, "1", ReadOnly, ""),
		set("remote.log.manager.follower.thread.pool.size", Int, "2", ClusterWide, ""),
		set("remote.log.manager.task.interval.ms", Long, "30000", ReadOnly, ""),
		set("remote.log.manager.thread.pool.size", Int, "2", ReadOnly, ""),
		set("remote.log.metadata.custom.metadata.max.bytes", Int, "128", ReadOnly, ""),
		set("remote.log.metadata.manager.class.name", String, "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", ReadOnly, ""),
		unset("remote.log.metadata.manager.class.path", String, ReadOnly, ""),
		set("remote.log.metadata.manager.impl.prefix", String, "rlmm.config.", ReadOnly, ""),
		unset("remote.log.metadata.manager.listener.name", String, ReadOnly, ""),
		set("remote.log.reader.max.pending.tasks", Int, "100", ReadOnly, ""),
		set("remote.log.reader.threads", Int, "10", ClusterWide, ""),
		unset("remote.log.storage.manager.class.name", String, ReadOnly, ""),
		unset("remote.log.storage.manager.class.path", String, ReadOnly, ""),
		set("remote.log.storage.manager.impl.prefix", String, "rsm.config.", ReadOnly, ""),
		set("remote.log.storage.system.enable", Boolean, "false", ReadOnly, ""),
	}
}
