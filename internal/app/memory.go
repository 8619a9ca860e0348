package app

import (
	"runtime"
	"syscall"
)

// peakMemory returns the most bytes that this process has held in memory at once.
func peakMemory() int64 {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0 // cannot be: the arguments are right
	}
	if runtime.GOOS == "darwin" {
		return int64(used.Maxrss)
	}
	return int64(used.Maxrss) << 10 // others count in KiB
}
