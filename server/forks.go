package server

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
