package chaos

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// ledger is a file to which every process appends what its tasks did, one line each. It is no part of the program under
// test and outlives the outages of its servers: an append of one short line is whole or not there, also after kill -9.
type ledger struct{ path string }

// What an entry tells.
const (
	began    = "began"
	finished = "finished"
	effect   = "effect" // the outside effect was carried out
)

// entry is one line of a ledger.
type entry struct {
	Key  string    `json:"key"`
	What string    `json:"what"`
	PID  int       `json:"pid"`
	At   time.Time `json:"at"`
}

// write appends an entry of this process.
func (l ledger) write(key, what string) error {
	line, err := json.Marshal(entry{Key: key, What: what, PID: os.Getpid(), At: time.Now()})
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// read returns every entry, in the order of writing; a ledger that nobody has written to has none.
func (l ledger) read() ([]entry, error) {
	f, err := os.Open(l.path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	defer f.Close()
	var list []entry
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("ledger: line %d: %w", len(list)+1, err)
		}
		list = append(list, e)
	}
	return list, lines.Err()
}

// of returns the entries of one key and kind.
func of(list []entry, key, what string) []entry {
	var found []entry
	for _, e := range list {
		if e.Key == key && e.What == what {
			found = append(found, e)
		}
	}
	return found
}

// count returns how many entries of a kind each key has.
func count(list []entry, what string) map[string]int {
	n := make(map[string]int)
	for _, e := range list {
		if e.What == what {
			n[e.Key]++
		}
	}
	return n
}
