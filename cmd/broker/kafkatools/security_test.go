package kafkatools_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// selfSigned returns a certificate for a host and its key, both in PEM.
func selfSigned(t *testing.T, host string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// handshake connects a client with these properties to a TLS server that shows the certificate and wants one of the client.
func handshake(t *testing.T, cert, key []byte, props kafkatools.Properties) (serverSaw int, err error) {
	t.Helper()
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	props["bootstrap.servers"], props["security.protocol"] = "h:1", "SSL"
	opts, err := props.ClientOptions()
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	config := client.OptValue(kgo.DialTLSConfig).(*tls.Config).Clone()
	config.ServerName = "broker.example"
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequestClientCert})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		server := conn.(*tls.Conn)
		if server.HandshakeContext(t.Context()) == nil {
			serverSaw = len(server.ConnectionState().PeerCertificates)
		}
	}()
	conn, err := tls.Dial("tcp", listener.Addr().String(), config)
	if err == nil {
		defer conn.Close()
	}
	<-done
	return serverSaw, err
}

func TestTLS(t *testing.T) {
	cert, key := selfSigned(t, "broker.example")
	other, otherKey := selfSigned(t, "other.example")
	store := filepath.Join(t.TempDir(), "trust.pem")
	if err := os.WriteFile(store, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	inFile := kafkatools.Properties{"ssl.truststore.location": store, "ssl.truststore.type": "PEM"}
	if _, err := handshake(t, cert, key, inFile); err != nil {
		t.Errorf("trusted: %v", err)
	}
	if _, err := handshake(t, other, otherKey, inFile); err == nil {
		t.Error("a certificate that nobody vouches for was trusted")
	}
	trustsOther := kafkatools.Properties{"ssl.truststore.certificates": string(other)}
	if _, err := handshake(t, other, otherKey, trustsOther); err == nil {
		t.Error("a certificate for another host was trusted")
	}
	anyHost := kafkatools.Properties{"ssl.truststore.certificates": string(other), "ssl.endpoint.identification.algorithm": ""}
	if _, err := handshake(t, other, otherKey, anyHost); err != nil {
		t.Errorf("the host name was checked: %v", err)
	}
	if _, err := handshake(t, cert, key, anyHost); err == nil {
		t.Error("without a check of the host name, the chain was not checked either")
	}
	mutual := kafkatools.Properties{"ssl.truststore.certificates": string(cert),
		"ssl.keystore.certificate.chain": string(other), "ssl.keystore.key": string(otherKey)}
	if saw, err := handshake(t, cert, key, mutual); err != nil || saw != 1 {
		t.Errorf("the client showed %d certificates: %v", saw, err)
	}
}
