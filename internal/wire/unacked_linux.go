package wire

import (
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h: milliseconds that data may stay unacknowledged.
const tcpUserTimeout = 0x12

// limitUnacked sets unackedLimit. Without it the system sends again and again for a quarter of an hour.
func limitUnacked(network, _ string, c syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return nil
	}
	var set error
	err := c.Control(func(fd uintptr) {
		set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(unackedLimit/time.Millisecond))
	})
	if err != nil {
		return err
	}
	return set
}
