package config

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Listener is one Kafka listener of this broker.
type Listener struct {
	Name string // upper case
	Host string // address to bind; "" is all interfaces
	Port int32  // 0: one that is free
	// Advertised is what clients are told to connect to. Its port is 0 when Port is 0 and nothing else was set: then it is
	// the port that was bound.
	Advertised metadata.Endpoint
}

// plaintext is the security protocol of listeners without TLS and SASL.
const plaintext = "PLAINTEXT"

// ParseListeners reads listeners, advertised.listeners and listener.security.protocol.map by Kafka's rules. Listeners of
// controllers are left out. hostname is advertised for a listener on all interfaces, as Kafka does. The error joins all
// mistakes, each beginning with its key.
func (b Broker) ParseListeners(hostname string) ([]Listener, error) {
	p := listenerParser{controllers: upper(b.ControllerListeners)}
	protocols := p.protocols(b.SecurityProtocolMap)
	bound := p.endpoints("listeners", b.Listeners)
	advertised := p.endpoints("advertised.listeners", b.AdvertisedListeners)
	p.distinctPorts(bound)
	p.namesWithin("advertised.listeners", names(advertised), names(bound))
	if b.InterBrokerListener != "" {
		p.namesWithin("inter.broker.listener.name", upper([]string{b.InterBrokerListener}), names(bound))
	}

	var listeners []Listener
	for _, e := range bound {
		if slices.Contains(p.controllers, e.Listener) {
			continue
		}
		p.checkProtocol(e.Listener, protocols)
		l := Listener{Name: e.Listener, Host: e.Host, Port: e.Port, Advertised: e}
		if i := slices.IndexFunc(advertised, func(a metadata.Endpoint) bool { return a.Listener == e.Listener }); i >= 0 {
			l.Advertised = advertised[i]
		}
		if l.Advertised.Host == "" {
			l.Advertised.Host = hostname
		}
		l.Advertised.Protocol = plaintext
		p.checkAdvertised(l)
		listeners = append(listeners, l)
	}
	if len(listeners) == 0 && len(p.errs) == 0 {
		p.fail("listeners", "there is none for clients")
	}
	return listeners, errors.Join(p.errs...)
}

type listenerParser struct {
	controllers []string
	errs        []error
}

func (p *listenerParser) fail(key, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: "+format, append([]any{key}, args...)...))
}

// protocols reads NAME:PROTOCOL pairs.
func (p *listenerParser) protocols(pairs []string) map[string]string {
	const key = "listener.security.protocol.map"
	m := map[string]string{}
	for _, pair := range pairs {
		name, protocol, ok := strings.Cut(pair, ":")
		name, protocol = strings.ToUpper(strings.TrimSpace(name)), strings.ToUpper(strings.TrimSpace(protocol))
		switch {
		case !ok || name == "":
			p.fail(key, "%q is not NAME:PROTOCOL", pair)
		case !slices.Contains([]string{plaintext, "SSL", "SASL_PLAINTEXT", "SASL_SSL"}, protocol):
			p.fail(key, "%q is not a security protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL", protocol)
		case m[name] != "":
			p.fail(key, "%s is mapped twice", name)
		default:
			m[name] = protocol
		}
	}
	return m
}

// endpoints reads NAME://host:port values. Names become upper case, and are distinct afterwards.
func (p *listenerParser) endpoints(key string, values []string) []metadata.Endpoint {
	pattern := regexp.MustCompile(`^([^:/]+)://(?:\[([0-9a-fA-F:.%]+)\]|([0-9a-zA-Z\-._]*)):([0-9]+)$`)
	var list []metadata.Endpoint
	for _, v := range values {
		m := pattern.FindStringSubmatch(v)
		if m == nil {
			p.fail(key, "%q is not NAME://host:port, such as PLAINTEXT://127.0.0.1:9092", v)
			continue
		}
		port, err := strconv.ParseUint(m[4], 10, 16)
		if err != nil {
			p.fail(key, "%q: %s is not a port", v, m[4])
			continue
		}
		e := metadata.Endpoint{Listener: strings.ToUpper(m[1]), Host: m[2] + m[3], Port: int32(port)}
		if slices.Contains(names(list), e.Listener) {
			p.fail(key, "the name %s stands twice: each listener must have its own, see listener.security.protocol.map", e.Listener)
			continue
		}
		list = append(list, e)
	}
	return list
}

// distinctPorts: one port may be there twice only for an IPv4 and an IPv6 address (KIP-797).
func (p *listenerParser) distinctPorts(list []metadata.Endpoint) {
	for i, a := range list {
		for _, b := range list[:i] {
			if a.Port != b.Port || a.Port == 0 {
				continue
			}
			ipA, errA := netip.ParseAddr(a.Host)
			ipB, errB := netip.ParseAddr(b.Host)
			if errA == nil && errB == nil && ipA.Is4() != ipB.Is4() {
				continue
			}
			p.fail("listeners", "%s and %s have the same port %d", b.Listener, a.Listener, a.Port)
		}
	}
}

func (p *listenerParser) namesWithin(key string, these, known []string) {
	for _, name := range these {
		if !slices.Contains(known, name) && !slices.Contains(p.controllers, name) {
			p.fail(key, "%s is not one of listeners (%s)", name, strings.Join(known, ", "))
		}
	}
}

func (p *listenerParser) checkProtocol(name string, protocols map[string]string) {
	switch protocol := protocols[name]; protocol {
	case plaintext:
	case "":
		p.fail("listener.security.protocol.map", "has no security protocol for the listener %s; add %s:PLAINTEXT", name, name)
	default:
		p.fail("listeners", "%s uses %s, which Jackdaw does not support yet; only PLAINTEXT works", name, protocol)
	}
}

func (p *listenerParser) checkAdvertised(l Listener) {
	ip, err := netip.ParseAddr(l.Advertised.Host)
	switch {
	case l.Advertised.Host == "":
		p.fail("advertised.listeners", "%s needs one: this machine's host name is not known", l.Name)
	case err == nil && ip.IsUnspecified():
		p.fail("advertised.listeners", "%s: clients cannot connect to %s; set an address that they can reach, such as %s://%s:%d",
			l.Name, ip, l.Name, "broker.example.com", l.Port)
	case l.Advertised.Port == 0 && l.Port != 0:
		p.fail("advertised.listeners", "%s: clients cannot connect to port 0", l.Name)
	}
}

func names(list []metadata.Endpoint) []string {
	all := make([]string, len(list))
	for i, e := range list {
		all[i] = e.Listener
	}
	return all
}

func upper(list []string) []string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = strings.ToUpper(s)
	}
	return all
}
