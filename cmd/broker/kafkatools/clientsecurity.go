package kafkatools

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// securityOptions checks security.protocol and translates sasl.*.
func (p Properties) securityOptions() ([]kgo.Opt, error) {
	protocol := strings.ToUpper(p["security.protocol"])
	var opts []kgo.Opt
	switch protocol {
	case "", "PLAINTEXT":
		return nil, nil
	case "SSL", "SASL_PLAINTEXT", "SASL_SSL":
	default:
		return nil, configError("security.protocol", p["security.protocol"],
			"(case insensitive) String must be one of: PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL")
	}
	if strings.HasPrefix(protocol, "SASL") {
		mechanism, err := p.saslMechanism()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

// tlsConfig builds the TLS settings from PEM stores. Java key stores are refused: they need Java's own formats.
func (p Properties) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	roots, err := p.pem("ssl.truststore", "ssl.truststore.certificates")
	if err != nil {
		return nil, err
	}
	if roots != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(roots) {
			return nil, errors.New("the trust store holds no certificate in PEM format")
		}
	}
	if err := p.addKeyPair(config); err != nil {
		return nil, err
	}
	if algorithm, set := p["ssl.endpoint.identification.algorithm"]; set && algorithm == "" {
		skipHostnameCheck(config)
	}
	return config, nil
}

func (p Properties) addKeyPair(config *tls.Config) error {
	if p["ssl.key.password"] != "" {
		return errors.New("ssl.key.password: encrypted private keys are not supported; decrypt the key (openssl pkey) and protect the file instead")
	}
	store, err := p.pem("ssl.keystore", "ssl.keystore.certificate.chain")
	if err != nil || store == nil {
		return err
	}
	key := store
	if inline := p["ssl.keystore.key"]; inline != "" {
		key = []byte(inline)
	}
	pair, err := tls.X509KeyPair(store, key)
	if err != nil {
		return fmt.Errorf("ssl.keystore: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// pem returns the PEM text of a store: inline in the property inline, or in the file named by store+".location".
func (p Properties) pem(store, inline string) ([]byte, error) {
	if value := p[inline]; value != "" {
		return []byte(value), nil
	}
	path := p[store+".location"]
	if path == "" {
		return nil, nil
	}
	if kind := strings.ToUpper(p[store+".type"]); kind != "PEM" {
		return nil, fmt.Errorf("%s.type is %s: only PEM stores are supported without Java. "+
			"Convert it (keytool -importkeystore to PKCS12, then openssl pkcs12 -nodes) and set %s.type=PEM", store, nonEmpty(kind, "JKS"), store)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s.location: %w", store, err)
	}
	return raw, nil
}

func nonEmpty(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// skipHostnameCheck verifies the certificate chain but not the host name, which is what an empty
// ssl.endpoint.identification.algorithm asks for.
func skipHostnameCheck(config *tls.Config) {
	config.InsecureSkipVerify = true //nolint:gosec // the chain is verified below
	config.VerifyConnection = func(state tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: config.RootCAs, Intermediates: x509.NewCertPool()}
		for _, cert := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
}

// saslMechanism reads sasl.mechanism and the user name and password in sasl.jaas.config.
func (p Properties) saslMechanism() (sasl.Mechanism, error) {
	mechanism := nonEmpty(p["sasl.mechanism"], "GSSAPI")
	user, password := jaasOption(p["sasl.jaas.config"], "username"), jaasOption(p["sasl.jaas.config"], "password")
	if user == "" {
		return nil, errors.New("sasl.jaas.config names no username; it has to read like: " +
			"org.apache.kafka.common.security.scram.ScramLoginModule required username=\"u\" password=\"p\";")
	}
	switch mechanism {
	case "PLAIN":
		return plain.Auth{User: user, Pass: password}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: password}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl.mechanism: %s is not supported here; PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are", mechanism)
}

// jaasOption returns the value of key in a JAAS configuration line, with or without quotes.
func jaasOption(config, key string) string {
	_, rest, found := strings.Cut(config, " "+key+"=")
	if !found || rest == "" {
		return ""
	}
	if quote := rest[0]; quote == '"' || quote == '\'' {
		value, _, _ := strings.Cut(rest[1:], string(quote))
		return value
	}
	if end := strings.IndexAny(rest, " ;\t\n"); end >= 0 {
		return rest[:end]
	}
	return rest
}
