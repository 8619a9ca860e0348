//go:build !linux

package servers

import "syscall"

// dieWithParent does nothing here: only Linux has parent-death signals. The directory lock still keeps a second
// server away from a survivor's data.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
