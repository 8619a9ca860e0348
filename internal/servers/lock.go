package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// survivorWait is how long a server of a killed run may take to finish: it was told to stop when its owner died.
const survivorWait = 20 * time.Second

// dirLock is an exclusive lock of one server's directory. Its descriptor is inherited by the server, so the directory
// stays locked until the last process that writes there has ended, even when the owner was killed.
type dirLock struct{ file *os.File }

// lockDir locks dir for the server called name. A live owner gives ErrInUse at once; a server whose owner was killed is
// waited for, then it is ErrInUse too.
func lockDir(ctx context.Context, dir, name string) (*dirLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, name+".lock"), os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- a file of the server's own folder
	if err != nil {
		return nil, fmt.Errorf("%s: lock: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, survivorWait)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return sign(file, name)
		}
		owner := signature(file)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("%s: lock %s: %w", name, dir, err), file.Close())
		}
		if alive(owner) {
			return nil, errors.Join(fmt.Errorf("%s: another Tickerwire runs in %s (pid %d): %w", name, dir, owner, ErrInUse), file.Close())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s: a server left by a killed Tickerwire (pid %d) still runs in %s, stop it: %w",
				name, owner, dir, ErrInUse), file.Close())
		}
	}
}

// sign writes who owns the lock.
func sign(file *os.File, name string) (*dirLock, error) {
	err := file.Truncate(0)
	if err == nil {
		_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: lock: %w", name, err), file.Close())
	}
	return &dirLock{file: file}, nil
}

// signature reads the owner's pid, 0 when there is none.
func signature(file *os.File) int {
	raw, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return 0
	}
	return pid
}

// release unlocks the directory once the server's last process has gone. It takes the signature back, so that the next
// start waits for that.
func (l *dirLock) release() error { return errors.Join(l.file.Truncate(0), l.file.Close()) }

// alive reports whether a process of that pid exists, whoever owns it.
func alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
