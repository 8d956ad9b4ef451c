print("cellbridge")
