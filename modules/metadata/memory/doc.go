// Package memory is the metadata module of a broker that is thrown away: topics and configs are gone when it stops. With
// the log module "memory" such a broker touches no disk, which is what tests want. The work is done by
// modules/metadata/file, without its file.
package memory
