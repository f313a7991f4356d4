package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// networkTimeout bounds one look-up or connection.
const networkTimeout = 2 * time.Second

// checkListener binds the address for a moment and, while it does, tries the advertised one. An address that is taken is tried too:
// then the process that has it answers.
func checkListener(ctx context.Context, l Listener) []Finding {
	name := "listener " + l.Name
	bound, taken, finding := bind(ctx, name, l.Host, l.Port)
	port := l.Port
	if bound != nil {
		var accepting sync.WaitGroup
		accepting.Go(func() { accept(bound) })
		defer accepting.Wait()
		defer bound.Close()
		port = int32(bound.Addr().(*net.TCPAddr).Port)
	}
	if l.AdvertisedPort != 0 {
		port = l.AdvertisedPort
	}
	return []Finding{finding, checkAdvertised(ctx, name+" advertised", l, port, bound != nil || taken)}
}

// accept takes connections off a listener until it is closed.
func accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// bind opens the address. The listener is nil when there is a problem; taken says that another process has the address.
func bind(ctx context.Context, check, host string, port int32) (l net.Listener, taken bool, f Finding) {
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	var dns *net.DNSError
	switch {
	case err == nil:
		return l, false, ok(check, "%s can be bound", address)
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, true, problem(check, "stop that process, or change the port", "%s is taken%s", address, ownerOf(port))
	case errors.Is(err, syscall.EACCES):
		return nil, false, problem(check, "use a port from 1024 up, or give the process CAP_NET_BIND_SERVICE", "%s may not be bound by this user", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, false, problem(check, "bind an address of this machine, or 0.0.0.0 for all, and advertise the name that clients use",
			"%s is no address of this machine", host)
	case errors.As(err, &dns):
		return nil, false, problem(check, "correct the name, or enter it in DNS or /etc/hosts", "the name %s has no address", host)
	}
	return nil, false, problem(check, "change listeners", "%s can't be bound: %v", address, err)
}

// checkAdvertised looks the advertised name up and, while something listens, connects to it.
func checkAdvertised(ctx context.Context, check string, l Listener, port int32, listening bool) Finding {
	ctx, cancel := context.WithTimeout(ctx, networkTimeout)
	defer cancel()
	address := net.JoinHostPort(l.AdvertisedHost, strconv.Itoa(int(port)))
	fix := "set advertised.listeners to the name or address under which clients reach this machine"
	if ip, err := netip.ParseAddr(l.AdvertisedHost); l.AdvertisedHost == "" || err == nil && ip.IsUnspecified() {
		return problem(check, fix, "clients would be told to connect to %q, which is no address", l.AdvertisedHost)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, l.AdvertisedHost)
	if err != nil {
		return problem(check, fix, "the name %s has no address: clients that get it can't connect", l.AdvertisedHost)
	}
	if allLoopback(addresses) && !isLoopback(l.Host) {
		return warning(check, fix, "%s means each client's own machine: only clients on this one can connect", l.AdvertisedHost)
	}
	if !listening {
		return ok(check, "%s has the addresses %v", l.AdvertisedHost, addresses)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return warning(check, fix+"; if another machine forwards it (NAT, a container), try from a client instead",
			"%s can't be reached from here: %v", address, shortNetworkError(err))
	}
	_ = conn.Close()
	return ok(check, "%s can be reached from here", address)
}

func shortNetworkError(err error) error {
	if op, isOp := errors.AsType[*net.OpError](err); isOp {
		return op.Err
	}
	return err
}

func allLoopback(addresses []string) bool {
	for _, a := range addresses {
		if !isLoopback(a) {
			return false
		}
	}
	return len(addresses) > 0
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func checkAdminListener(ctx context.Context, address string) Finding {
	const check = "admin listener"
	host, portText, err := net.SplitHostPort(address)
	port, portErr := strconv.ParseUint(portText, 10, 16)
	if err != nil || portErr != nil {
		return problem(check, "write it as 127.0.0.1:9644", "jackdaw.admin.listener %q is not host:port", address)
	}
	bound, _, finding := bind(ctx, check, host, int32(port))
	if bound != nil {
		_ = bound.Close()
	}
	return finding
}

// ownerOf names the process that listens on a port, as far as this user may see it.
func ownerOf(port int32) string {
	pid, name, err := portOwner(port)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" by process %d (%s)", pid, name)
}
