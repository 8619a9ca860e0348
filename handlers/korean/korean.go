// Package korean says in Korean what a fault says in English. It knows sentences and nothing of where they come from; a
// test reads the program's source for those that a caller of the API can be told, and misses any that are not here.
package korean

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tickerwire/internal/fault"
)

// Text returns t in Korean, and any Text or fault among what it names. What has no Korean stays in English.
func Text(t fault.Text) string {
	args := make([]any, len(t.Args))
	for i, arg := range t.Args {
		args[i] = said(arg)
	}
	format, ok := sentences[t.Format]
	if !ok {
		format = strings.ReplaceAll(t.Format, "%w", "%v")
	}
	return fmt.Sprintf(format, args...)
}

func said(arg any) any {
	switch arg := arg.(type) {
	case fault.Text:
		return Text(arg)
	case error:
		var f *fault.Error
		if errors.As(arg, &f) && f.Said.Format != "" {
			return Text(f.Said)
		}
	}
	return arg
}

// titles are the statuses that the API answers problems with.
var titles = map[int]string{
	http.StatusBadRequest:            "잘못된 요청",
	http.StatusUnauthorized:          "로그인 필요",
	http.StatusForbidden:             "권한 없음",
	http.StatusNotFound:              "찾을 수 없음",
	http.StatusMethodNotAllowed:      "허용되지 않는 방식",
	http.StatusConflict:              "지금 상태와 맞지 않는 요청",
	http.StatusRequestEntityTooLarge: "너무 큰 요청",
	http.StatusUnsupportedMediaType:  "지원하지 않는 형식",
	http.StatusTooManyRequests:       "너무 잦은 요청",
	http.StatusInternalServerError:   "서버 오류",
	http.StatusServiceUnavailable:    "일시적으로 사용할 수 없음",
}

// Title returns an HTTP status in words; in English where it is none that the API answers problems with.
func Title(status int) string {
	if title, ok := titles[status]; ok {
		return title
	}
	return http.StatusText(status)
}
