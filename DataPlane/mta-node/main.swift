import Node

NodeCommand.run()
