package wire

import (
	"bytes"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// layout is the sequence of primitive types of a request in one version. check walks a body along it before kmsg decodes
// the body: kmsg counts down whatever number of tags a request announces, minutes for ten bytes.
type layout struct {
	flexible bool
	fields   []layoutField
}

// layoutField is one field of a struct on the wire.
type layoutField struct {
	kind    layoutKind
	size    int           // of fixed ones, in bytes
	element []layoutField // of arrays and structs
	least   int           // bytes that an element of an array takes at least
}

type layoutKind int8

const (
	fixedField layoutKind = iota
	stringField
	bytesField
	arrayField
	structField
	nullableField // a struct behind an INT8 that is -1 for null
	tagsField     // the end of a struct in flexible versions
)

// Layouts are the layouts of one API key by version, each found when it is first needed. Any number of goroutines may use
// them.
type Layouts struct{ versions []atomic.Pointer[layout] }

// NewLayouts returns the layouts of the requests that are like req.
func NewLayouts(req kmsg.Request) *Layouts {
	return &Layouts{make([]atomic.Pointer[layout], req.MaxVersion()+1)}
}

// Decode decodes a body into req, which has its version. It returns ErrMalformed for a body that does not follow the
// layout, before it decodes any of it.
func (l *Layouts) Decode(req kmsg.Request, body []byte) error {
	version := req.GetVersion()
	if version < 0 || int(version) >= len(l.versions) {
		return ErrMalformed
	}
	known := l.versions[version].Load()
	if known == nil {
		empty := kmsg.RequestForKey(req.Key())
		empty.SetVersion(version)
		var err error
		if known, err = layoutOf(empty); err != nil {
			return err
		}
		l.versions[version].Store(known)
	}
	if err := known.check(body); err != nil {
		return err
	}
	return req.ReadFrom(body)
}

// layoutOf finds the layout of a request in its version out of what kmsg encodes: a field is there if other contents make
// other bytes. The request must be empty; it is filled in. Fields that are sent as tags are not supported.
func layoutOf(req kmsg.Request) (*layout, error) {
	v := reflect.ValueOf(req).Elem()
	if err := fillIn(v); err != nil {
		return nil, fmt.Errorf("wire: layout of %s: %w", APIName(req.Key()), err)
	}
	p := prober{req: req, full: req.AppendTo(nil)}
	l := &layout{flexible: req.IsFlexible(), fields: p.fields(v)}
	if r := NewReader(p.full, l.flexible); !l.walk(&r) || len(r.Rest()) > 0 {
		return nil, fmt.Errorf("wire: the layout of %s version %d is not known", APIName(req.Key()), req.GetVersion())
	}
	return l, nil
}

// check returns ErrMalformed when a body does not follow the layout. Bytes behind it are legal.
func (l *layout) check(body []byte) error {
	r := NewReader(body, l.flexible)
	l.walk(&r)
	return r.Err()
}

func (l *layout) walk(r *Reader) bool {
	walkFields(r, l.fields)
	return r.Err() == nil
}

func walkFields(r *Reader, fields []layoutField) {
	for i := range fields {
		if r.failed {
			return
		}
		f := &fields[i]
		switch f.kind {
		case fixedField:
			r.take(f.size)
		case stringField:
			r.NullableString()
		case bytesField:
			r.NullableBytes()
		case arrayField:
			for n := r.nullableArrayLen(f.least); n > 0 && !r.failed; n-- {
				walkFields(r, f.element)
			}
		case structField:
			walkFields(r, f.element)
		case nullableField:
			if r.Int8() != -1 {
				walkFields(r, f.element)
			}
		case tagsField:
			r.SkipTags()
		}
	}
}

// fillIn gives every list of a struct one element and every pointer something to point to.
func fillIn(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name == "Version" || name == "UnknownTags" {
				continue
			}
			if err := fillIn(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fillIn(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fillIn(v.Index(0))
	case reflect.Array, reflect.String, reflect.Bool, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint16, reflect.Float64:
	default:
		return fmt.Errorf("fields of type %s are not supported", v.Type())
	}
	return nil
}

// prober finds out which fields of a filled-in request are on the wire.
type prober struct {
	req  kmsg.Request
	full []byte
}

// sent reports whether a field's contents matter for what is sent.
func (p *prober) sent(v, other reflect.Value) bool {
	before := reflect.New(v.Type()).Elem()
	before.Set(v)
	v.Set(other)
	different := !bytes.Equal(p.req.AppendTo(nil), p.full)
	v.Set(before)
	return different
}

// fields returns the fields of a struct, and the tags at its end.
func (p *prober) fields(v reflect.Value) []layoutField {
	var list []layoutField
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name == "Version" || name == "UnknownTags" {
			continue
		}
		if f, ok := p.field(v.Field(i)); ok {
			list = append(list, f)
		}
	}
	if p.req.IsFlexible() {
		list = append(list, layoutField{kind: tagsField})
	}
	return list
}

// field returns what a field is on the wire, and false when it is not there.
func (p *prober) field(v reflect.Value) (layoutField, bool) {
	t := v.Type()
	switch v.Kind() {
	case reflect.Bool:
		return layoutField{kind: fixedField, size: 1}, p.sent(v, reflect.ValueOf(!v.Bool()).Convert(t))
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return layoutField{kind: fixedField, size: int(t.Size())}, p.sent(v, reflect.ValueOf(v.Int()+1).Convert(t))
	case reflect.Uint16:
		return layoutField{kind: fixedField, size: 2}, p.sent(v, reflect.ValueOf(v.Uint()+1).Convert(t))
	case reflect.Float64:
		return layoutField{kind: fixedField, size: 8}, p.sent(v, reflect.ValueOf(v.Float()+1).Convert(t))
	case reflect.Array: // of a UUID's bytes
		return layoutField{kind: fixedField, size: v.Len()}, p.sent(v, reflect.ValueOf([16]byte{1}).Convert(t))
	case reflect.String:
		return layoutField{kind: stringField}, p.sent(v, reflect.ValueOf(v.String()+"x").Convert(t))
	case reflect.Pointer:
		if t.Elem().Kind() != reflect.Struct {
			return p.field(v.Elem())
		}
		return layoutField{kind: nullableField, element: p.fields(v.Elem())}, p.sent(v, reflect.Zero(t))
	case reflect.Struct:
		fields := p.fields(v)
		return layoutField{kind: structField, element: fields}, len(fields) > 0
	default:
		return p.list(v)
	}
}

// list returns what bytes or an array are on the wire.
func (p *prober) list(v reflect.Value) (layoutField, bool) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return layoutField{kind: bytesField}, p.sent(v, reflect.ValueOf([]byte("x")).Convert(v.Type()))
	}
	if !p.sent(v, reflect.Zero(v.Type())) {
		return layoutField{}, false
	}
	element := v.Index(0)
	array := layoutField{kind: arrayField}
	if element.Kind() == reflect.Struct {
		array.element = p.fields(element)
	} else if f, ok := p.field(element); ok {
		array.element = []layoutField{f}
	}
	array.least = max(leastSize(array.element, p.req.IsFlexible()), 1)
	return array, true
}

// leastSize returns how many bytes fields take at least.
func leastSize(fields []layoutField, flexible bool) int {
	n := 0
	for _, f := range fields {
		switch {
		case f.kind == fixedField:
			n += f.size
		case f.kind == structField:
			n += leastSize(f.element, flexible)
		case flexible || f.kind == nullableField:
			n++
		case f.kind == stringField:
			n += 2
		default:
			n += 4
		}
	}
	return n
}
