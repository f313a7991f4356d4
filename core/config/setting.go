package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Setting is a static key that the core or a module declares: it can be set in a file, the environment or a flag.
type Setting struct {
	Name    string
	Type    Type
	Default string // in Kafka's text form; "" for none
	Doc     string
	Owners  []string // who declares it: "core" or a module, such as "log/segment"
	// Check refuses a value of the type, with words for after the value; nil accepts all.
	Check func(value string) error
}

// Declare lists the settings of a config struct: the fields with a tag `config:"key"`, with the values in the struct as
// defaults. Types, and documentation where the tag doc has none, come from Kafka's definitions where Kafka has the key.
func Declare(owner string, defaults any) ([]Setting, error) {
	v := reflect.Indirect(reflect.ValueOf(defaults))
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("BUG: %s: its config is %T, not a struct", owner, defaults)
	}
	kafka := newTable(brokerDefinitions())
	var list []Setting
	var errs []error
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := field.Tag.Get("config")
		if field.Anonymous || key != "" && !field.IsExported() {
			errs = append(errs, fmt.Errorf("BUG: %s: the field %s cannot be a setting: it is embedded or not exported", owner, field.Name))
			continue
		}
		if key == "" {
			continue
		}
		text, typ, err := encode(key, v.Field(i))
		if err != nil {
			errs = append(errs, fmt.Errorf("BUG: %s: %w", owner, err))
			continue
		}
		s := Setting{Name: key, Type: typ, Default: text, Doc: field.Tag.Get("doc"), Owners: []string{owner}}
		if d := kafka.byName[key]; d != nil {
			s.Type = d.Type
			if s.Doc == "" {
				s.Doc = d.Doc
			}
			if err := sameDefault(s, d); err != nil {
				errs = append(errs, fmt.Errorf("BUG: %s: %w", owner, err))
			}
		}
		list = append(list, s)
	}
	return list, errors.Join(errs...)
}

// sameDefault keeps what DescribeConfigs answers equal to what the broker does.
func sameDefault(s Setting, d *Definition) error {
	fallback := ""
	if d.Default != nil {
		fallback = *d.Default
	}
	if d.Default == nil && (s.Default == "0" || s.Default == "false") || canonical(s.Type, fallback) == canonical(s.Type, s.Default) {
		return nil
	}
	return fmt.Errorf("%s has the default %q, but %q in brokerDefinitions", s.Name, s.Default, fallback)
}

// canonical returns a value in one form, whatever form of its type it was written in.
func canonical(t Type, v string) string {
	v = strings.TrimSpace(v)
	switch t {
	case Boolean:
		return strings.ToLower(v)
	case Int, Short, Long:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return strconv.FormatInt(n, 10)
		}
	case Double:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	case List:
		return strings.Join(splitList(v), ",")
	default: // has one form
	}
	return v
}

// unitOf returns the unit of a duration, which the key's last word names.
func unitOf(key string) (time.Duration, bool) {
	units := map[string]time.Duration{"ms": time.Millisecond, "seconds": time.Second, "secs": time.Second,
		"minutes": time.Minute, "hours": time.Hour}
	unit, ok := units[key[strings.LastIndexByte(key, '.')+1:]]
	return unit, ok
}

// encode returns the text form and the type of a field's value.
func encode(key string, v reflect.Value) (string, Type, error) {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		unit, ok := unitOf(key)
		if !ok {
			return "", 0, fmt.Errorf("%s is a duration, but its name ends in no unit", key)
		}
		if v.Int() == math.MaxInt64 {
			unit = 1 // never: Kafka's Long.MAX
		}
		return strconv.FormatInt(v.Int()/int64(unit), 10), Long, nil
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), Boolean, nil
	case reflect.Int16:
		return strconv.FormatInt(v.Int(), 10), Short, nil
	case reflect.Int32:
		return strconv.FormatInt(v.Int(), 10), Int, nil
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), Long, nil
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), Double, nil
	case reflect.String:
		return v.String(), String, nil
	case reflect.Slice:
		if list, ok := v.Interface().([]string); ok {
			return strings.Join(list, ","), List, nil
		}
	default:
	}
	return "", 0, fmt.Errorf("%s has the type %s, which no setting can have", key, v.Type())
}

// decode is the inverse of encode. The text has been checked to be of the setting's type; a field that is narrower than
// the type, as an int32 for a Long, refuses what it cannot hold.
func decode(key, text string, v reflect.Value) error {
	text = strings.TrimSpace(text)
	unit := int64(1)
	if v.Type() == reflect.TypeFor[time.Duration]() {
		u, _ := unitOf(key)
		unit = int64(u)
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return fmt.Errorf("%s: %s is out of range", key, text)
		}
		if n > math.MaxInt64/unit { // as Long.MAX, which is Kafka's "never"
			n, unit = math.MaxInt64, 1
		}
		v.SetInt(max(n, math.MinInt64/unit) * unit)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		return err
	case reflect.String:
		v.SetString(text)
	case reflect.Slice:
		v.Set(reflect.ValueOf(splitList(text)))
	default:
		return fmt.Errorf("BUG: %s has the type %s", key, v.Type())
	}
	return nil
}
