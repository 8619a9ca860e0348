package servers

import "syscall"

// dieWithParent asks the kernel to send sig to the child when the OS thread that starts it ends.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
