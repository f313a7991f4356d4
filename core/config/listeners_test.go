package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/config"
)

func withListeners(listeners, advertised, protocols, controllers string) config.Broker {
	split := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, ",")
	}
	b := config.DefaultBroker()
	b.Listeners, b.AdvertisedListeners, b.ControllerListeners = split(listeners), split(advertised), split(controllers)
	if protocols != "" {
		b.SecurityProtocolMap = split(protocols)
	}
	return b
}

func TestParseListeners(t *testing.T) {
	f := func(listeners, advertised, protocols, controllers, want string) {
		t.Helper()
		list, err := withListeners(listeners, advertised, protocols, controllers).ParseListeners("host.example.com")
		if err != nil {
			t.Errorf("%s: %v", listeners, err)
			return
		}
		var got []string
		for _, l := range list {
			got = append(got, fmt.Sprintf("%s %s %d > %s %s %d %s", l.Name, l.Host, l.Port, l.Advertised.Listener,
				l.Advertised.Host, l.Advertised.Port, l.Advertised.Protocol))
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s:\n got %s\nwant %s", listeners, s, want)
		}
	}
	f("PLAINTEXT://127.0.0.1:9092", "", "", "", "PLAINTEXT 127.0.0.1 9092 > PLAINTEXT 127.0.0.1 9092 PLAINTEXT")
	f("plaintext://:9092", "", "", "", "PLAINTEXT  9092 > PLAINTEXT host.example.com 9092 PLAINTEXT")
	f("PLAINTEXT://[::1]:9092", "", "", "", "PLAINTEXT ::1 9092 > PLAINTEXT ::1 9092 PLAINTEXT")
	f("PLAINTEXT://localhost:0", "", "", "", "PLAINTEXT localhost 0 > PLAINTEXT localhost 0 PLAINTEXT")
	f("A://h:0,B://h:0", "", "A:PLAINTEXT,B:PLAINTEXT", "", "A h 0 > A h 0 PLAINTEXT; B h 0 > B h 0 PLAINTEXT")
	f("PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://kafka_1:19092", "", "", "PLAINTEXT 0.0.0.0 9092 > PLAINTEXT kafka_1 19092 PLAINTEXT")
	f("PLAINTEXT://127.0.0.1:9092,V6://[::1]:9092", "", "PLAINTEXT:PLAINTEXT,V6:PLAINTEXT", "",
		"PLAINTEXT 127.0.0.1 9092 > PLAINTEXT 127.0.0.1 9092 PLAINTEXT; V6 ::1 9092 > V6 ::1 9092 PLAINTEXT")
	f("PLAINTEXT_HOST://0.0.0.0:9092,CONTROLLER://kafka:29093,PLAINTEXT://kafka:29092",
		"PLAINTEXT_HOST://localhost:9092,PLAINTEXT://kafka:29092,CONTROLLER://kafka:29093",
		"CONTROLLER:SSL,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT", "CONTROLLER",
		"PLAINTEXT_HOST 0.0.0.0 9092 > PLAINTEXT_HOST localhost 9092 PLAINTEXT; PLAINTEXT kafka 29092 > PLAINTEXT kafka 29092 PLAINTEXT")
}

func TestParseListenersErrors(t *testing.T) {
	f := func(listeners, advertised, protocols, want string) {
		t.Helper()
		_, err := withListeners(listeners, advertised, protocols, "CONTROLLER").ParseListeners("")
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%s, %s:\n got %s\nwant %s", listeners, advertised, got, want)
		}
	}
	f("", "", "", "listeners: there is none for clients")
	f("CONTROLLER://:9093", "", "", "listeners: there is none for clients")
	f("127.0.0.1:9092", "", "", `listeners: "127.0.0.1:9092" is not NAME://host:port, such as PLAINTEXT://127.0.0.1:9092`)
	f("PLAINTEXT://h:99999", "", "", `listeners: "PLAINTEXT://h:99999": 99999 is not a port`)
	f("PLAINTEXT://h:1,plaintext://h:2", "", "",
		"listeners: the name PLAINTEXT stands twice: each listener must have its own, see listener.security.protocol.map")
	f("A://a:9092,B://b:9092", "", "A:PLAINTEXT,B:PLAINTEXT", "listeners: A and B have the same port 9092")
	f("A://127.0.0.1:9092,B://127.0.0.2:9092", "", "A:PLAINTEXT,B:PLAINTEXT", "listeners: A and B have the same port 9092")
	f("EXT://h:1", "", "", "listener.security.protocol.map: has no security protocol for the listener EXT; add EXT:PLAINTEXT")
	f("SSL://h:1", "", "", "listeners: SSL uses SSL, which Jackdaw does not support yet; only PLAINTEXT works")
	f("PLAINTEXT://h:1", "", "PLAINTEXT:PLAIN,x,PLAINTEXT:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		`listener.security.protocol.map: "PLAIN" is not a security protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL
listener.security.protocol.map: "x" is not NAME:PROTOCOL
listener.security.protocol.map: PLAINTEXT is mapped twice`)
	f("PLAINTEXT://h:1", "OTHER://h:1", "", "advertised.listeners: OTHER is not one of listeners (PLAINTEXT)")
	f("PLAINTEXT://h:1", "PLAINTEXT://h:0", "", "advertised.listeners: PLAINTEXT: clients cannot connect to port 0")
	f("PLAINTEXT://0.0.0.0:9092", "", "", "advertised.listeners: PLAINTEXT: clients cannot connect to 0.0.0.0;"+
		" set an address that they can reach, such as PLAINTEXT://broker.example.com:9092")
	f("PLAINTEXT://:9092", "PLAINTEXT://[::]:9092", "", "advertised.listeners: PLAINTEXT: clients cannot connect to ::;"+
		" set an address that they can reach, such as PLAINTEXT://broker.example.com:9092")
	f("PLAINTEXT://:9092", "", "", "advertised.listeners: PLAINTEXT needs one: this machine's host name is not known")
}

func FuzzParseListeners(f *testing.F) {
	f.Add("PLAINTEXT://127.0.0.1:9092", "A://[::1]:1,B://h:2", "A:PLAINTEXT", "CONTROLLER")
	f.Add("://:", "x", ":", ",")
	f.Fuzz(func(t *testing.T, listeners, advertised, protocols, controllers string) {
		list, err := withListeners(listeners, advertised, protocols, controllers).ParseListeners("h")
		if err != nil {
			return
		}
		for _, l := range list {
			if l.Name == "" || l.Advertised.Host == "" || l.Advertised.Host == "0.0.0.0" || l.Advertised.Listener != l.Name {
				t.Errorf("accepted %+v", l)
			}
		}
	})
}
