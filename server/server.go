package server

import (
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"wsd/server/certs"
	"wsd/server/console"
	"wsd/server/files"
	"wsd/server/guard"
	"wsd/server/proxy"
	"wsd/server/session"
	"wsd/server/websocket"
)

const (
	// readHeaderTimeout bounds the reading of a request's header, so that a client
	// that sends it byte by byte can't hold a connection for longer.
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	// closingTimeout is how long a shutdown waits for plain requests in progress, and
	// CloseDelay still counts; leastClosing is what is left of that after a long
	// DrainTime.
	closingTimeout = 5 * time.Second
	leastClosing   = 2 * time.Second
	// memoryPatience is how long a client's message waits for memory of MaxBuffered
	// before another client is closed for it.
	memoryPatience = time.Second
	// authTimeout is how long the program of Config.AuthCommand may take.
	authTimeout = 5 * time.Second
	// lateAfter and lateWithin say when a backend has held its output back; see
	// session.Config. The console waits as long before it says that nothing comes.
	lateAfter  = 3 * time.Second
	lateWithin = 250 * time.Millisecond
	// shutdownWait is how long after a backend's end by SIGTERM this server may find out
	// that it is to end as well, on a busy machine too.
	shutdownWait = time.Second
	// minDrains is the least limit on sessions whose backends have ended and whose
	// clients are slow to receive the rest. It applies where MaxForks is lower.
	minDrains = 16
)

// Server answers upgrades with backends and other requests with files, CGI programs
// or the console. It is an http.Handler, so it can be used without its own
// listeners; Close ends its sessions then. Its methods may be called concurrently.
type Server struct {
	cfg     Config
	log     *slog.Logger
	static  *files.Static
	console *console.Console
	trusted proxy.Trusted
	origins *guard.Origins
	logins  *guard.Logins // nil without Config.PasswordFile
	auth    *guard.Command
	certs   atomic.Pointer[certs.Store] // nil until Listen has loaded them, and without TLS
	ids     sessionIDs
	forks   atomic.Int64 // backends and CGI programs that run

	perIP    *perIP
	buffered websocket.Budget // enforces MaxBuffered
	drains   session.Drains   // enforces MaxForks, for slow clients of backends that have ended

	taken atomic.Bool   // the one session of Once has begun, or is about to
	over  chan struct{} // closed when that session has ended

	// listening is closed once Run accepts connections.
	listening chan struct{}
	tls       *tls.Config // nil until Listen has made it, and without TLS

	life    *life
	session session.Config

	late         sync.Map // the paths of programs whose late output has been logged
	mismatches   *mismatches
	conns        *conns
	stallTimeout time.Duration // how long a plain request's client may take nothing, or send nothing

	mu     sync.Mutex
	opened []listener // by Listen, until Run takes them over
}

// New checks cfg and returns a Server for it. An error is about a value that can't
// be used, or is a *guard.FileError about Config.PasswordFile, which is read now.
// Nothing else is opened or started yet.
func New(cfg Config) (*Server, error) {
	origins, err := guard.NewOrigins(cfg.Origins, cfg.SameOrigin, cfg.guarded())
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:       cfg,
		log:       cfg.Log,
		static:    &files.Static{Dir: cfg.StaticDir, CGIDir: cfg.CGIDir},
		ids:       newSessionIDs(time.Now()),
		origins:   origins,
		trusted:   proxy.NewTrusted(cfg.TrustProxies, cfg.TrustUnixPeers),
		perIP:     newPerIP(cfg.MaxPerAddress, cfg.HandshakesPerMinute),
		buffered:  websocket.Budget{Limit: cfg.MaxBuffered, Patience: memoryPatience},
		over:      make(chan struct{}),
		listening: make(chan struct{}),
		life:      newLife(),

		stallTimeout: stallTimeout,
	}
	s.session = session.Config{
		Binary: cfg.Binary, PassStderr: cfg.PassStderr, MaxMessage: cfg.MaxMessage, Buffered: &s.buffered,
		CloseDelay: cfg.CloseDelay, PingPeriod: cfg.PingPeriod, IdleTimeout: cfg.IdleTimeout, MaxSession: cfg.MaxSession,
		DrainPatience: stallTimeout, Drains: &s.drains, LateAfter: lateAfter, LateWithin: lateWithin,
		ShutdownWait: shutdownWait,
	}
	if cfg.MaxForks > 0 {
		s.drains.Limit = max(minDrains, cfg.MaxForks)
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.conns = newConns(s.life.closing, s.log)
	s.mismatches = newMismatches(s.log)
	s.auth = &guard.Command{Words: cfg.AuthCommand, Timeout: authTimeout, Start: s.life.start, Release: s.life.release}
	if cfg.PasswordFile != "" {
		if s.logins, err = guard.NewLogins(cfg.PasswordFile, s.log); err != nil {
			return nil, err
		}
	}
	if cfg.DevConsole {
		s.console = console.New(console.Facts{PassStderr: cfg.PassStderr, Binary: cfg.Binary, PTY: cfg.PTY, MaxMessage: cfg.MaxMessage})
	}
	return s, nil
}

// Listen opens every listener and reads the certificates and keys, which is all
// that may need privileges: a process gives up its own between Listen and Run.
// Clients that connect meanwhile wait. It is called at most once, before Run, which
// otherwise calls it.
func (s *Server) Listen() error {
	listeners, err := listen(&s.cfg)
	if err != nil {
		return err
	}
	if s.tls, err = s.loadCertificates(listeners); err != nil {
		closeAll(listeners)
		return err
	}
	for _, l := range listeners {
		s.log.Info("listening", l.record()...)
	}
	s.mu.Lock()
	s.opened = listeners
	s.mu.Unlock()
	return nil
}

// takeOpened returns what Listen has opened and Run has not yet taken.
func (s *Server) takeOpened() []listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	listeners := s.opened
	s.opened = nil
	return listeners
}

// Run serves until ctx is done, then drains and stops: it accepts nothing more,
// closes every session with 1001, and waits until all backends have ended. It
// listens first, if Listen has not been called. It returns nil after such a stop,
// and an error when it could not listen or a listener failed. It is called once.
func (s *Server) Run(ctx context.Context) error {
	listeners := s.takeOpened()
	if listeners == nil {
		if err := s.Listen(); err != nil {
			return err
		}
		listeners = s.takeOpened()
	}
	if store := s.certs.Load(); store != nil {
		store.CheckAccess()
	}
	if s.logins != nil {
		s.logins.CheckAccess()
	}
	main := s.httpServer(s)
	servers := []*http.Server{main}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		srv, accept := main, net.Listener(l)
		if s.cfg.ProxyProtocol {
			accept = &proxy.Listener{Listener: l, Trust: s.trusted, Log: s.log}
		}
		if l.redirectTo != 0 {
			srv = s.httpServer(redirectHandler(l.redirectTo, s.cfg.TLS != nil))
			servers = append(servers, srv)
		}
		if l.tls {
			accept = tls.NewListener(accept, s.tls)
		} else {
			accept = clearListener{accept, s.mismatches}
		}
		go func() { failed <- srv.Serve(accept) }() // ended by stop; waited for below
	}
	close(s.listening)
	pending := len(listeners)
	var err error
	var begun time.Time // when health checks began to fail
	select {
	case <-ctx.Done():
		begun = time.Now()
		s.log.Info("shutting down")
		s.drain()
	case <-s.over:
		s.log.Info("the session has ended ({Once})")
	case err = <-failed:
		pending--
	}
	s.stop(servers, closingPatience(begun))
	for range pending {
		<-failed
	}
	return err
}

// Listening returns a channel that is closed when Run has opened every listener
// and accepts connections.
func (s *Server) Listening() <-chan struct{} { return s.listening }

// Sessions returns the number of open WebSockets. It takes the lock that every
// session needs to start and to end, so its return is a sign that the server is
// alive.
func (s *Server) Sessions() int { return s.life.countSessions(0) }

// loadCertificates returns nil when TLS is off.
func (s *Server) loadCertificates(listeners []listener) (*tls.Config, error) {
	if s.cfg.TLS == nil {
		return nil, nil
	}
	var names []string
	for _, l := range listeners {
		names = append(names, l.names()...)
	}
	store, err := certs.Open(s.cfg.TLS, names, s.log)
	if err != nil {
		return nil, err
	}
	s.certs.Store(store)
	return store.TLS(), nil
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		// For what net/http reads and answers itself; see patience for all else.
		ReadTimeout:    s.stallTimeout,
		WriteTimeout:   s.stallTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: s.cfg.MaxHeaderBytes,
		ErrorLog:       log.New(httpLog{s.log, s.mismatches}, "", 0),
		// Otherwise net/http would answer OPTIONS * itself, bypassing the guards
		// and the log.
		DisableGeneralOptionsHandler: true,
		ConnContext:                  connContext,
		ConnState:                    s.countConn,
	}
}

// closingPatience is how long plain requests and Config.CloseDelay may still hold up a
// shutdown that began at begun, or begins now: Config.DrainTime counts, but some time
// is left in any case.
func closingPatience(begun time.Time) time.Duration {
	if begun.IsZero() {
		return closingTimeout
	}
	return max(closingTimeout-time.Since(begun), leastClosing)
}

// stop ends the plain requests and the sessions, at the same time.
func (s *Server) stop(servers []*http.Server, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var plain sync.WaitGroup
	for _, srv := range servers {
		plain.Go(func() {
			if srv.Shutdown(ctx) != nil {
				srv.Close()
			}
		})
	}
	s.closeWithin(patience)
	plain.Wait()
}

// Close ends every session with 1001, refuses new ones, and returns when all
// backends and CGI programs have ended. CGI programs end by themselves or with
// their requests, which Close does not end. It closes only those listeners that
// Listen has opened and Run has not taken over.
func (s *Server) Close() { s.closeWithin(closingTimeout) }

// closeWithin is Close; CloseDelay counts no more once patience is over.
func (s *Server) closeWithin(patience time.Duration) {
	closeAll(s.takeOpened())
	s.life.reach(closing)
	defer time.AfterFunc(patience, s.life.hurry).Stop()
	s.life.wait()
}

// Reload reads the certificates and the password file again. A file that can't be
// used is logged and changes nothing.
func (s *Server) Reload() {
	if s.logins != nil {
		s.logins.Reload()
	}
	if store := s.certs.Load(); store != nil {
		store.Reload()
	}
}

// Kill kills all backends and CGI programs at once, without the ladder. Their
// sessions end as a result.
func (s *Server) Kill() { s.life.reach(killed) }
