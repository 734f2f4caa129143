//go:build no_kwok

package main

import "errors"

const hasKWOK = false

func writeStages(string) error { return nil }

func kwok() error { return errors.New("built without KWOK") }
