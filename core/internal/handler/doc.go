// Package handler answers the Kafka API keys, one file for each. The header of a file says which versions it serves, what
// the API does and which KIPs shaped it. routes.go lists them all.
package handler
