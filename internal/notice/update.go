package notice

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Update is what somebody did in a chat of the bot's.
type Update struct {
	ID        int64
	ChatID    int64
	Group     bool
	FromID    int64  // 0 for who writes in a group's own name, which only its admins can
	Language  string // "ko" or "en", as far as the reader's program tells
	Text      string // of a message
	Pressed   string // what a button said; "" for a message
	PressID   string // by which the press is acknowledged
	MovedTo   int64  // the group has become this chat
	ThrownOut bool   // the bot was blocked or removed
}

// Command is what a reader asks the bot for.
type Command struct {
	Name string // without the slash, lower case
	Rest string // what stands behind it, without spaces at its ends
}

// The commands.
const (
	CommandStart   = "start"
	CommandStop    = "stop"
	CommandWatch   = "watch"
	CommandUnwatch = "unwatch"
	CommandList    = "list"
	CommandLast    = "last"
	CommandQuiet   = "quiet"
	CommandWhy     = "why"
	CommandPrivacy = "privacy"
	CommandExport  = "export"
	CommandDelete  = "delete"
	CommandHelp    = "help"
	CommandMute    = "mute" // by a button only
)

// commands are those that are known, and which of them change a recipient's settings: in a group its admins alone may.
var commands = map[string]bool{CommandStart: true, CommandStop: true, CommandWatch: true, CommandUnwatch: true, CommandQuiet: true,
	CommandDelete: true, CommandMute: true, CommandExport: true, CommandList: false, CommandLast: false, CommandWhy: false, CommandPrivacy: false, CommandHelp: false}

// Command returns what an update asks for; false for what is no command, or one for another bot of the group. bot is our
// own name, without the @.
func (u Update) Command(bot string) (Command, bool) {
	if u.Pressed != "" {
		if code, ok := strings.CutPrefix(u.Pressed, ButtonUnwatch); ok {
			return Command{CommandUnwatch, code}, true
		}
		return Command{CommandMute, ""}, u.Pressed == ButtonMute
	}
	first, rest := u.Text, ""
	if i := strings.IndexFunc(u.Text, unicode.IsSpace); i >= 0 {
		first, rest = u.Text[:i], strings.TrimSpace(u.Text[i:])
	}
	name, ok := strings.CutPrefix(first, "/")
	if !ok {
		return Command{}, false
	}
	name, to, named := strings.Cut(strings.ToLower(name), "@")
	if named && !strings.EqualFold(to, bot) {
		return Command{}, false
	}
	if _, known := commands[name]; !known || name == CommandMute {
		return Command{CommandHelp, ""}, !u.Group || named
	}
	return Command{name, rest}, true
}

// Changes reports whether the command changes a recipient's settings, or tells them to whoever reads the chat.
func (c Command) Changes() bool { return commands[c.Name] }

// OneWay reports whether the command is answered while the bot may only be listened to.
func (c Command) OneWay() bool {
	return slices.Contains([]string{CommandStart, CommandStop, CommandDelete}, c.Name)
}

// Hours reads quiet hours, "22-07"; "off" means none.
func Hours(text string) (from, to int, ok bool) {
	if strings.EqualFold(text, "off") {
		return 0, 0, true
	}
	a, b, found := strings.Cut(strings.ReplaceAll(text, " ", ""), "-")
	from, errA := strconv.Atoi(a)
	to, errB := strconv.Atoi(b)
	return from, to, found && errA == nil && errB == nil && 0 <= from && from < 24 && 0 <= to && to < 24
}
