// tests of Doors
