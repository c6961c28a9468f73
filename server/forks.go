package server

import "wsd/exec"

// takeFork takes one of the MaxForks places for a process, and reports false
// when all are taken. releaseFork gives it back.
func (s *Server) takeFork() bool {
	limit := int64(s.cfg.MaxForks)
	if s.forks.Add(1) > limit && limit > 0 {
		s.forks.Add(-1)
		return false
	}
	return true
}

func (s *Server) releaseFork() { s.forks.Add(-1) }

// start starts a process and keeps it in view for Kill until release.
func (s *Server) start(command *exec.Command) (*exec.Process, error) {
	p, err := command.Start()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running[p] = struct{}{}
	if s.killed {
		p.Kill()
	}
	return p, nil
}

// release closes a process's streams and forgets it.
func (s *Server) release(p *exec.Process) {
	p.Release()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, p)
}
