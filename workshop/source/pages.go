package source

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// page is one answer of a source in JSON.
type page struct {
	items []gjson.Result
	root  gjson.Result
	from  answer
}

// pages asks for page after page until the last one. The first request is conditional; changed is false when nothing has changed.
func (s *Source) pages(ctx context.Context, f *fetcher, known validators, take func(page) error) (first answer, err error) {
	u, _ := url.Parse(s.c.URL) // withDefaults has looked
	next := s.firstPage(u)
	seen := map[string]bool{}
	for n := 1; next != nil; n++ {
		if n > s.c.Limits.MaxPages {
			return first, fmt.Errorf("%w: more than %d pages; raise max_pages if that is right", ErrPaging, s.c.Limits.MaxPages)
		}
		if seen[next.String()] {
			return first, fmt.Errorf("%w: page %d names a page again that was read already", ErrPaging, n-1)
		}
		seen[next.String()] = true
		a, err := f.get(ctx, next, known)
		if err != nil {
			return first, fmt.Errorf("page %d: %w", n, err)
		}
		if n == 1 {
			if first = a; a.notModified {
				return first, nil
			}
			known = validators{} // of the first page alone
		}
		p, err := s.page(a)
		if err != nil {
			return first, fmt.Errorf("page %d: %w", n, err)
		}
		if err := take(p); err != nil {
			return first, err
		}
		if next, err = s.nextPage(u, next, p); err != nil {
			return first, err
		}
	}
	return first, nil
}

// page finds the items of an answer.
func (s *Source) page(a answer) (page, error) {
	text, err := jsonText(a)
	if err != nil {
		return page{}, err
	}
	root := gjson.ParseBytes(text)
	list := root
	if s.c.Mapping.Items != "" && !root.IsArray() {
		list = root.Get(s.c.Mapping.Items)
	}
	switch {
	case list.IsArray():
		return page{list.Array(), root, a}, nil
	case s.c.Kind == SchemaOrg && root.IsObject() && !list.Exists():
		return page{[]gjson.Result{root}, root, a}, nil // one event, alone
	case s.c.Mapping.Items == "":
		return page{}, fmt.Errorf("%w: it is no list; name the path of the list under items (it has: %s)", ErrAnswer, keysOf(root))
	}
	return page{}, fmt.Errorf("%w: there is no list at %q (it has: %s)", ErrAnswer, s.c.Mapping.Items, keysOf(root))
}

// firstPage puts the parameters of the first page into the address.
func (s *Source) firstPage(u *url.URL) *url.URL {
	p := s.c.Paging
	q := map[string]string{}
	if p.Kind != NoPages && p.SizeParameter != "" {
		q[p.SizeParameter] = strconv.Itoa(p.Size)
	}
	if p.Kind == ByPage || p.Kind == Offset {
		q[p.Parameter] = strconv.Itoa(*p.First)
	}
	return with(u, q, nil)
}

// nextPage gives the address after this page, nil when it was the last.
func (s *Source) nextPage(base, current *url.URL, p page) (*url.URL, error) {
	switch c := s.c.Paging; c.Kind {
	case ByPage, Offset:
		if len(p.items) == 0 || (c.SizeParameter != "" && len(p.items) < c.Size) {
			return nil, nil
		}
		at, _ := strconv.Atoi(current.Query().Get(c.Parameter))
		step := 1
		if c.Kind == Offset {
			step = len(p.items)
		}
		return with(current, map[string]string{c.Parameter: strconv.Itoa(at + step)}, nil), nil
	case Cursor:
		values, fault := valuesAt(c.Next, p.root, gjson.Result{})
		if fault != "" {
			return nil, fmt.Errorf("%w: the cursor at %q %s", ErrPaging, c.Next, fault)
		}
		if len(values) == 0 || len(p.items) == 0 {
			return nil, nil
		}
		return with(s.firstPage(base), nil, map[string][]string{c.Parameter: values}), nil
	case ByLink:
		return s.linked(current, p)
	}
	return nil, nil
}

// linked reads the next address from the answer's body or its header.
func (s *Source) linked(current *url.URL, p page) (*url.URL, error) {
	link := nextLink(p.from.header.Values("Link"))
	if s.c.Paging.Next != "" {
		link = p.root.Get(s.c.Paging.Next).String()
	}
	if link == "" {
		return nil, nil
	}
	u, err := current.Parse(link)
	if err != nil {
		return nil, fmt.Errorf("%w: %q is no address", ErrPaging, shorten(link, 100))
	}
	if u.Host != current.Host {
		return nil, fmt.Errorf("%w: the next page lies on another host, %s", ErrPaging, u.Host)
	}
	return u, nil
}

// nextLink finds rel="next" in Link headers (RFC 8288 §3).
func nextLink(headers []string) string {
	for _, h := range headers {
		for link := range strings.SplitSeq(h, ",") {
			target, parameters, _ := strings.Cut(link, ";")
			for parameter := range strings.SplitSeq(parameters, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
				if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(value, `"`), "next") {
					return strings.Trim(strings.TrimSpace(target), "<>")
				}
			}
		}
	}
	return ""
}

// with gives a copy of u with query parameters set.
func with(u *url.URL, set map[string]string, lists map[string][]string) *url.URL {
	c := *u
	q := c.Query()
	for k, v := range set {
		q.Set(k, v)
	}
	for k, v := range lists {
		q[k] = v
	}
	c.RawQuery = q.Encode()
	return &c
}

// keysOf lists what an object has, for messages.
func keysOf(r gjson.Result) string {
	if !r.IsObject() {
		return shorten(r.Raw, 60)
	}
	var keys []string
	r.ForEach(func(k, _ gjson.Result) bool {
		keys = append(keys, k.String())
		return len(keys) < 20
	})
	return strings.Join(keys, ", ")
}
