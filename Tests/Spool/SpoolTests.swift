// tests of Spool
