//go:build !linux

package wire

import "syscall"

// limitUnacked does nothing: only Linux has a limit for single connections.
func limitUnacked(string, string, syscall.RawConn) error { return nil }
