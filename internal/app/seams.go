package app

import (
	"database/sql/driver"

	"github.com/redis/go-redis/v9"

	"tickerwire/tasks"
)

// Seams are where a test of the whole program reaches into one of its processes: kinds of task of its own, and what
// stands between the process and its servers. The zero Seams change nothing, and the program's own binaries have no
// others.
type Seams struct {
	Kinds    map[string]tasks.Processor              // kinds of task beside the program's own
	Queues   map[string]int                          // the queues they wait in, with how many of each run at once
	Redis    func(redis.UniversalClient)             // is shown each client before its first use, to hook into it
	Database func(driver.Connector) driver.Connector // wraps what opens the connections to Postgres
}
