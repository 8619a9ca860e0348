package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// procfile is the program's processes: the command line of each by its name.
type procfile map[string][]string

// readProcfile reads lines of the form "name: command arguments".
func readProcfile(path string) (procfile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("procfile: %w", err)
	}
	lines := make(procfile)
	for i, line := range strings.Split(string(raw), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, command, found := strings.Cut(line, ":")
		fields := strings.Fields(command)
		if !found || len(fields) == 0 {
			return nil, fmt.Errorf("procfile: %s:%d is not of the form name: command", path, i+1)
		}
		lines[name] = fields
	}
	return lines, nil
}

// command returns a process's command line with its binary taken from the folder bin. A name that is not in the file is
// an error.
func (p procfile) command(name, bin string) ([]string, error) {
	fields, ok := p[name]
	if !ok {
		return nil, fmt.Errorf("procfile: there is no process %q", name)
	}
	return append([]string{filepath.Join(bin, filepath.Base(fields[0]))}, fields[1:]...), nil
}
