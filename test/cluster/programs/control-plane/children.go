package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

// children are the programs of one control plane: none outlives it, and the end of one of them is the end of it.
type children struct {
	directory string
	ended     func(error)
	stopping  atomic.Bool
	started   []*exec.Cmd
	waiting   sync.WaitGroup
}

// start runs a program with its output in <directory>/<name>.log. To be called from the main goroutine (see init).
func (c *children) start(name, program string, args, env []string) error {
	path := filepath.Join(c.directory, name+".log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(program, args...)
	command.Dir = c.directory
	command.Env = append(os.Environ(), env...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s did not start: %w", name, err)
	}
	c.started = append(c.started, command)
	c.waiting.Go(func() {
		err := command.Wait()
		if !c.stopping.Load() {
			c.ended(fmt.Errorf("%s ended (%v); its last lines: %s", name, err, lastLines(path)))
		}
	})
	return nil
}

// stop ends them all at once: what they hold is thrown away.
func (c *children) stop() {
	c.stopping.Store(true)
	for _, command := range c.started {
		_ = command.Process.Kill()
	}
	c.waiting.Wait()
}

func lastLines(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text)
	if len(text) > 2000 {
		text = text[len(text)-2000:]
	}
	return string(text)
}
