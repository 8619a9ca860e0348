package korean_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tickerwire/internal/fault"
)

const module = "tickerwire/"

// doors is the package whose functions a caller of the API can reach without another's doing.
const doors = module + "handlers"

// makers are the functions that make a text, and which of their arguments is its format.
var makers = map[string]int{
	module + "internal/fault.New":          1,
	module + "internal/fault.InvalidField": 1,
	module + "internal/fault.After":        2,
	module + "internal/fault.Because":      2,
	module + "internal/fault.Say":          0,
	module + "store.failOne":               1,
	module + "store.notFound":              0,
}

// ends name functions by others' names alone: what they name is not called from there.
var ends = []string{
	"(*" + module + "tasks.Worker).approaches", // asked for the queues of the kinds of model, not for what predicts
}

// phrase is a format that stands in the source.
type phrase struct {
	format string
	at     token.Position
}

// source is what the program's packages say of one another: which functions a function names, and which texts it makes.
type source struct {
	*testing.T
	files   *token.FileSet
	names   map[string][]string // function or variable to those that it names
	methods map[string][]string // a method's bare name to all of that name: what a call through an interface may end in
	makes   map[string][]phrase
}

// internal is fault.Internal, as a constant is written.
var internal = strconv.Itoa(int(fault.Internal))

// reachable returns the texts of every function that a function of the doors may come to call, by their formats.
func reachable(t *testing.T) map[string][]token.Position {
	t.Helper()
	s := source{T: t, files: token.NewFileSet(), names: map[string][]string{}, methods: map[string][]string{}, makes: map[string][]phrase{}}
	s.read()
	texts := map[string][]token.Position{}
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] || slices.Contains(ends, name) {
			return
		}
		seen[name] = true
		for _, p := range s.makes[name] {
			texts[p.format] = append(texts[p.format], p.at)
		}
		for _, next := range s.names[name] {
			if method, ok := strings.CutPrefix(next, "any."); ok {
				for _, m := range s.methods[method] {
					visit(m)
				}
				continue
			}
			visit(next)
		}
	}
	for name := range s.names {
		if packageOf(name) == doors {
			visit(name)
		}
	}
	for _, name := range append(slices.Collect(maps.Keys(makers)), ends...) {
		if _, ok := s.names[name]; !ok {
			t.Errorf("there is no function %s any more", name)
		}
	}
	return texts
}

// packageOf returns a/b of (*a/b.T).M and of a/b.F.
func packageOf(name string) string {
	name = strings.TrimLeft(name, "(*")
	slash := strings.LastIndex(name, "/") + 1
	pkg, _, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + pkg
}

// read reads the doors and every package of the program below them.
func (s source) read() {
	exports := map[string]string{}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
	}
	var ours []listed
	cmd := exec.CommandContext(s.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles", doors)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		s.Fatalf("go list: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			s.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, module) {
			ours = append(ours, p)
		}
	}
	load := importer.ForCompiler(s.files, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("nothing is exported by %s", path)
		}
		return os.Open(exports[path])
	})
	for _, p := range ours {
		// A result that is kept from an earlier run must know of files that are new: go test notes what is read.
		if _, err := os.ReadDir(p.Dir); err != nil {
			s.Fatal(err)
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(s.files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				s.Fatal(err)
			}
			files = append(files, f)
		}
		info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}}
		config := types.Config{Importer: load}
		if _, err := config.Check(p.ImportPath, s.files, files, info); err != nil {
			s.Fatal(err)
		}
		for _, f := range files {
			for _, d := range f.Decls {
				s.declared(info, p.ImportPath, d)
			}
		}
	}
}

// declared reads a function, or each variable of the package with what it is set to.
func (s source) declared(info *types.Info, path string, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		f := info.Defs[d.Name].(*types.Func)
		name := nameOf(f)
		if d.Recv != nil {
			s.methods[f.Name()] = append(s.methods[f.Name()], name)
		}
		s.body(info, name, d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for _, id := range v.Names {
				s.body(info, path+"."+id.Name, v)
			}
		}
	}
}

// body notes what a function or a variable names and makes.
func (s source) body(info *types.Info, name string, n ast.Node) {
	s.names[name] = append(s.names[name], "")
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			s.named(name, info.Uses[n])
		case *ast.CallExpr:
			s.call(info, name, n)
		case *ast.CompositeLit:
			if kind := info.Types[n].Type.String(); kind == module+"internal/fault.Error" && packageOf(name) != module+"internal/fault" {
				s.Errorf("%s: an error of a kind is made by hand: it cannot be said in Korean", s.files.Position(n.Pos()))
			}
		}
		return true
	})
}

func (s source) named(by string, used types.Object) {
	switch o := used.(type) {
	case *types.Func:
		if recv := o.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			s.names[by] = append(s.names[by], "any."+o.Name())
			return
		}
		s.names[by] = append(s.names[by], nameOf(o))
	case *types.Var:
		if o.Pkg() != nil && o.Parent() == o.Pkg().Scope() {
			s.names[by] = append(s.names[by], o.Pkg().Path()+"."+o.Name())
		}
	}
}

// nameOf names a function the same way in its own package and, by what that exports, in another's.
func nameOf(f *types.Func) string { return f.Origin().FullName() }

func (s source) call(info *types.Info, by string, call *ast.CallExpr) {
	id, ok := call.Fun.(*ast.Ident)
	if sel, is := call.Fun.(*ast.SelectorExpr); is {
		id, ok = sel.Sel, true
	}
	if !ok {
		return
	}
	f, ok := info.Uses[id].(*types.Func)
	if !ok {
		return
	}
	place, ok := makers[nameOf(f)]
	if !ok {
		return
	}
	if _, is := makers[by]; is {
		if named, is := call.Args[place].(*ast.Ident); is && named.Name == "format" {
			return // it hands on what it was given
		}
	}
	if kind := info.Types[call.Args[0]].Value; place == 1 && kind != nil && kind.ExactString() == internal {
		return // nobody is told
	}
	value := info.Types[call.Args[place]].Value
	if value == nil || value.Kind() != constant.String {
		s.Errorf("%s: the format of a text is no constant: it cannot be looked up", s.files.Position(call.Pos()))
		return
	}
	s.makes[by] = append(s.makes[by], phrase{constant.StringVal(value), s.files.Position(call.Pos())})
}
