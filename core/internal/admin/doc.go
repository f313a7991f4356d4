// Package admin is the operators' HTTP listener: /livez, /readyz, /metrics, /loglevel, the administration of plugins
// (openapi.yaml says how) and Go's profiles under /debug/pprof. It is the first part of a broker to start and the last to
// stop, so that recovery and shutdown can be watched.
//
// It has no authentication, so it only listens on a loopback address, and refuses what a web page in a browser on the same
// machine could send: a foreign Host (DNS rebinding), a foreign Origin, and a change whose content type a form could have
// (cross-site request forgery).
package admin
