package config

// remoteDefinitions are the broker configs of tiered storage.
func remoteDefinitions() []Definition {
	return []Definition{
		set("follower.fetch.last.tiered.offset.enable", Boolean, "false", clusterWide, ""),
		set("log.local.retention.bytes", Long, "-2", clusterWide, "Default of the topic config local.retention.bytes."),
		set("log.local.retention.ms", Long, "-2", clusterWide, "Default of the topic config local.retention.ms."),
		set("remote.fetch.max.wait.ms", Int, "500", clusterWide, ""),
		set("remote.list.offsets.request.timeout.ms", Long, "30000", clusterWide, ""),
		set("remote.log.index.file.cache.total.size.bytes", Long, "1073741824", clusterWide, ""),
		set("remote.log.manager.copier.thread.pool.size", Int, "10", clusterWide, ""),
		set("remote.log.manager.copy.max.bytes.per.second", Long, "9223372036854775807", clusterWide, ""),
		set("remote.log.manager.copy.quota.window.num", Int, "11", readOnly, ""),
		set("remote.log.manager.copy.quota.window.size.seconds", Int, "1", readOnly, ""),
		set("remote.log.manager.expiration.thread.pool.size", Int, "10", clusterWide, ""),
		set("remote.log.manager.fetch.max.bytes.per.second", Long, "9223372036854775807", clusterWide, ""),
		set("remote.log.manager.fetch.quota.window.num", Int, "11", readOnly, ""),
		set("remote.log.manager.fetch.quota.window.size.seconds", Int, "1", readOnly, ""),
		set("remote.log.manager.follower.thread.pool.size", Int, "2", clusterWide, ""),
		set("remote.log.manager.task.interval.ms", Long, "30000", readOnly, ""),
		set("remote.log.manager.thread.pool.size", Int, "2", readOnly, ""),
		set("remote.log.metadata.custom.metadata.max.bytes", Int, "128", readOnly, ""),
		set("remote.log.metadata.manager.class.name", String, "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", readOnly, ""),
		unset("remote.log.metadata.manager.class.path", String, readOnly, ""),
		set("remote.log.metadata.manager.impl.prefix", String, "rlmm.config.", readOnly, ""),
		unset("remote.log.metadata.manager.listener.name", String, readOnly, ""),
		set("remote.log.reader.max.pending.tasks", Int, "100", readOnly, ""),
		set("remote.log.reader.threads", Int, "10", clusterWide, ""),
		unset("remote.log.storage.manager.class.name", String, readOnly, ""),
		unset("remote.log.storage.manager.class.path", String, readOnly, ""),
		set("remote.log.storage.manager.impl.prefix", String, "rsm.config.", readOnly, ""),
		set("remote.log.storage.system.enable", Boolean, "false", readOnly, ""),
	}
}
