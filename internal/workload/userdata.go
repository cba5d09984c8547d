package workload

import (
	"fmt"
	"strconv"
)

// UserData is the value a request carries through the ring. As text and in JSON it
// is hexadecimal with 0x in front. It is also a command-line flag.
type UserData uint64

func (u UserData) String() string {
	return "0x" + strconv.FormatUint(uint64(u), 16)
}

// Set reads u from text: hexadecimal, octal or binary with a prefix, else decimal.
func (u *UserData) Set(text string) error {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		return fmt.Errorf("user data %q is not a 64 bit number", text)
	}
	*u = UserData(n)
	return nil
}

// Type is the word for the value in the flag's help.
func (u *UserData) Type() string { return "number" }

// MarshalText writes u as String does.
func (u UserData) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads u as Set does.
func (u *UserData) UnmarshalText(text []byte) error { return u.Set(string(text)) }
