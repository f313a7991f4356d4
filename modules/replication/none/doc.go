// Package none is the replication module of a broker that stands alone: every partition has one replica, this broker. The
// high watermark is what the log has made as durable as its settings ask for, and acks=all means the same as acks=1.
package none
