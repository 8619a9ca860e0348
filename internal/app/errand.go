package app

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"tickerwire/handlers"
	"tickerwire/internal/archive"
	"tickerwire/internal/config"
	"tickerwire/internal/measure"
)

const errands = `usage:
  tickerctl migrate [--check]                            bring the schema up to date, or only say whether it is
  tickerctl user create --email E [--role R]             create a user; the password is read from standard input
  tickerctl vectors rebuild [--fit | --to VERSION]       write every vector of Postgres into Milvus; or embed every
                                                         article by a newly fitted, or another kept, version and use it
  tickerctl receipts verify                              compute the chain of seals again, and name what breaks it
  tickerctl takedown [--reason R] URL                    remove everything that is kept of an address, and prove it
  tickerctl import [--only-stocks] [--refused FILE] DIR  bring an archive folder in as history, or go on with it; FILE
                                                         gets every refused line with why
  tickerctl backtest [--models A,B] [--json FILE] [--html FILE] [--in-database] DIR
                                                         walk forward through an archive and report how models would have done
  tickerctl leakcheck DIR                                predict an archive's news with and without its future, and name
                                                         what differs
  tickerctl measure DIR                                  compare matching and stories with what readers of an archive found
  tickerctl doctor [-json] [-limit 10s] [-embeddings MODEL/DIMENSIONS]
                                                         ask everything that is configured whether it works
  tickerctl drill [-recipients 8] [-alerts 5] [-kill PID] [-limit 90s]
                                                         have a demo alert many at once, kill a worker meanwhile if named,
                                                         and say whether every alert came to exactly one end
  tickerctl schedule list                                what is rung for periodically, and when next
  tickerctl client                                       write a typed TypeScript client of the API`

// Errand runs one command of tickerctl. A command that is not known answers with the list of those that are.
func Errand(ctx context.Context, cfg config.Config, args []string, in io.Reader, out io.Writer) error {
	name := strings.Join(args[:min(len(args), 2)], " ")
	switch {
	case strings.HasPrefix(name, "migrate"):
		flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
		check := flags.Bool("check", false, "change nothing, fail when the schema is not this program's")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return Migrate(ctx, cfg, *check, out)
	case name == "vectors rebuild":
		return rebuildErrand(ctx, cfg, args[2:], out)
	case name == "client":
		text, err := handlers.TypeScript()
		if err != nil {
			return err
		}
		_, err = out.Write(text)
		return err
	case name == "schedule list":
		return ListSchedules(ctx, cfg, out)
	case strings.HasPrefix(name, "doctor"):
		var o DoctorOptions
		flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
		flags.BoolVar(&o.JSON, "json", false, "answer as JSON")
		flags.DurationVar(&o.Limit, "limit", 10*time.Second, "of each check")
		flags.StringVar(&o.Embeddings, "embeddings", "", "have the service in OPENAI_BASE_URL embed a word: model/dimensions")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return Doctor(ctx, cfg, o, out)
	case strings.HasPrefix(name, "drill"):
		return drillErrand(ctx, cfg, args[1:], out)
	case name == "receipts verify":
		return VerifyReceipts(ctx, cfg, out)
	case name == "user create":
		return userErrand(ctx, cfg, args[2:], in)
	case strings.HasPrefix(name, "takedown"):
		flags := flag.NewFlagSet("takedown", flag.ContinueOnError)
		reason := flags.String("reason", "", "who asked for it and why")
		address, err := parseOne(flags, args[1:], "address")
		if err != nil {
			return err
		}
		return Takedown(ctx, cfg, address, *reason, out)
	case strings.HasPrefix(name, "import"):
		flags := flag.NewFlagSet("import", flag.ContinueOnError)
		only := flags.Bool("only-stocks", false, "bring in stocks.csv only")
		refused := flags.String("refused", "", "write every refused line with why to this file")
		dir, err := parseOne(flags, args[1:], "folder")
		if err != nil {
			return err
		}
		return Import(ctx, cfg, ImportOptions{Dir: dir, StocksOnly: *only, Refused: *refused}, out)
	case strings.HasPrefix(name, "backtest"):
		return backtestErrand(ctx, cfg, args[1:], out)
	case len(args) == 2 && args[0] == "leakcheck":
		return LeakCheck(ctx, args[1], out)
	case len(args) == 2 && args[0] == "measure":
		folder, err := archive.Open(args[1])
		if err != nil {
			return err
		}
		return measure.Report(folder, out)
	}
	return fmt.Errorf("unknown command %q\n%s", name, errands)
}

// parseOne reads the flags of a command that takes one argument, before it and behind it.
func parseOne(flags *flag.FlagSet, args []string, what string) (string, error) {
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	if flags.NArg() == 0 {
		return "", fmt.Errorf("%s: name one %s", flags.Name(), what)
	}
	argument := flags.Arg(0)
	if err := flags.Parse(flags.Args()[1:]); err != nil {
		return "", err
	}
	if flags.NArg() > 0 {
		return "", fmt.Errorf("%s: name one %s, not %q, too", flags.Name(), what, flags.Arg(0))
	}
	return argument, nil
}

func rebuildErrand(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("vectors rebuild", flag.ContinueOnError)
	var move EmbedderMove
	flags.BoolVar(&move.Fit, "fit", false, "fit and freeze an idf on the articles there are, and move to it")
	flags.StringVar(&move.To, "to", "", "move to an embedder version that is kept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case move.Fit && move.To != "":
		return fmt.Errorf("vectors rebuild: --fit or --to, not both")
	case move == EmbedderMove{}:
		return RebuildVectors(ctx, cfg, out)
	}
	return MoveEmbedder(ctx, cfg, move, out)
}

func drillErrand(ctx context.Context, cfg config.Config, args []string, out io.Writer) error {
	var o DrillOptions
	flags := flag.NewFlagSet("drill", flag.ContinueOnError)
	flags.IntVar(&o.Recipients, "recipients", 8, "chats that are told, 1 to 100")
	flags.IntVar(&o.Alerts, "alerts", 5, "urgent filings that come at once, 1 to 20")
	flags.IntVar(&o.Kill, "kill", 0, "kill this worker, by its process id, in the middle")
	flags.DurationVar(&o.Limit, "limit", 90*time.Second, "of the whole drill")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return Drill(ctx, cfg, o, out)
}

func userErrand(ctx context.Context, cfg config.Config, args []string, in io.Reader) error {
	flags := flag.NewFlagSet("user create", flag.ContinueOnError)
	email := flags.String("email", "", "the user's address")
	role := flags.String("role", "user", "user, operator or admin")
	if err := flags.Parse(args); err != nil {
		return err
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return fmt.Errorf("read the password: %w", err)
	}
	return CreateUser(ctx, cfg, *email, strings.TrimRight(line, "\r\n"), *role)
}
