package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// The limits of the listener: operators and scrapers are few, and their requests small.
const (
	maxConnections = 64
	maxHeaderBytes = 16 << 10
	maxBodyBytes   = 64 << 10
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	idleTimeout    = time.Minute
	writeTimeout   = 2 * time.Minute
	longestProfile = 10 * time.Minute
)

// Server is the operators' listener of one broker.
type Server struct {
	address  string
	log      *zap.Logger
	server   *http.Server
	listener net.Listener
	served   chan struct{}
}

// New returns the server for jackdaw.admin.listener; where that is empty, the server does nothing.
func New(settings *config.Settings, health *telemetry.Health, metrics *prometheus.Registry, level zap.AtomicLevel, plugins Plugins, log *zap.Logger) *Server {
	log = log.Named("admin")
	crowd := newCrowd(maxConnections)
	return &Server{
		address: settings.Broker.AdminListener,
		log:     log,
		server: &http.Server{
			Handler:           crowd.attend(newHandler(health, metrics, level, plugins)),
			ConnContext:       crowd.enter,
			ConnState:         crowd.left,
			MaxHeaderBytes:    maxHeaderBytes,
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       readTimeout,
			WriteTimeout:      writeTimeout,
			IdleTimeout:       idleTimeout,
			ErrorLog:          zap.NewStdLog(log),
		},
		served: make(chan struct{}),
	}
}

// Start binds the address and serves it until Stop.
func (s *Server) Start(ctx context.Context) error {
	if s.address == "" {
		return nil
	}
	if !isLoopback(s.address) {
		return fmt.Errorf("jackdaw.admin.listener: %s is not a loopback address, and there is no TLS and no password for it yet;"+
			" use 127.0.0.1 and reach it through a tunnel", s.address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("jackdaw.admin.listener: %s is in use. Is another broker running? Stop it, or give this one another"+
			" address: --set jackdaw.admin.listener=127.0.0.1:0 takes a free port, --set jackdaw.admin.listener= goes without", s.address)
	}
	if err != nil {
		return fmt.Errorf("jackdaw.admin.listener: %w", err)
	}
	s.listener = listener
	s.log.Info("operators' listener", zap.Stringer("address", listener.Addr()))
	go s.serve()
	return nil
}

func (s *Server) serve() {
	defer close(s.served)
	err := s.server.Serve(s.listener)
	if !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("operators' listener stopped", zap.Error(err))
	}
}

// Addr returns the bound address, nil when there is none.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Stop lets running requests end until ctx does, and drops the rest.
func (s *Server) Stop(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = s.server.Close()
	}
	<-s.served
	return err
}
