package servers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user a server runs as. The zero account is the user of this process.
type account struct {
	other    bool
	uid, gid uint32
}

// serverAccount returns whom Postgres runs as: it refuses to run as root, so root lends it the user postgres, or nobody.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("postgres: user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("postgres: group of %s: %w", name, err)
		}
		return account{other: true, uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return account{}, errors.New("postgres: this is root, and there is no user postgres or nobody to run it as")
}

// apply makes cmd run as the account.
func (a account) apply(cmd *exec.Cmd) {
	if a.other {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: a.uid, Gid: a.gid}}
	}
}

// own gives dir to the account.
func (a account) own(dir string) error {
	if !a.other {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// dataDir chooses the place of the data: below dir, or, when the account cannot reach that, in the system's place for
// the state of programs under a name made of dir's.
func dataDir(dir string, a account) (string, error) {
	if !a.other {
		return filepath.Join(dir, "data"), nil
	}
	if reachable(filepath.Dir(dir)) {
		if err := os.Chmod(dir, 0o755); err != nil { // #nosec G302 -- the user that the server runs as must get through
			return "", fmt.Errorf("postgres: directory: %w", err)
		}
		return filepath.Join(dir, "data"), nil
	}
	away := fmt.Sprintf("/var/lib/tickerwire-%x", sha256.Sum256([]byte(dir)))[:len("/var/lib/tickerwire-")+12]
	if err := os.MkdirAll(away, 0o755); err != nil { // #nosec G301 -- the user that the server runs as must get through
		return "", fmt.Errorf("postgres: %s is closed to other users, and its stand-in: %w", dir, err)
	}
	return filepath.Join(away, "data"), nil
}

// reachable reports whether every user can pass through dir and its parents.
func reachable(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}
