// tests of EventLoop
