package notice_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"tickerwire/internal/notice"
)

// TestEveryReasonIsExplained reads the constants from the source: a new one must not go without words.
func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "notice.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		n++
		ko, en := notice.Explain(reason, "ko"), notice.Explain(reason, "en")
		if ko == reason || en == reason || ko == en {
			t.Errorf("%s: %q, %q", reason, ko, en)
		}
		return true
	})
	if n < 25 {
		t.Errorf("only %d reasons were found", n)
	}
	if got := notice.Explain("connection reset", "ko"); got != "connection reset" {
		t.Errorf("how a send went: %q", got)
	}
}
